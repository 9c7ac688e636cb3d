import type { Stage } from '../base/stage.ts';
import type { LogAsk } from './ask.ts';
import { type Entry, onlyLevel, onlyMatching, onlySevere, parse } from './filter.ts';
import { type Line, stampOf } from './lines.ts';
import type { Losses } from './loss.ts';
import { joinRecords } from './records.ts';
import type { OpenedLog } from './source.ts';
import { lastLines } from './tail.ts';

/** What is asked of whoever has the log: a window, and the last so many lines of the log within it. */
export type LogWindow = Pick<LogAsk, 'since' | 'until' | 'tail'>;

/** Opens a log; undefined when nothing can be in the window. */
export type OpenLog = (window: LogWindow, timestamps: boolean) => Promise<OpenedLog | undefined>;

/** Whether it takes the lines' own text to tell which of them are wanted. */
export function needsText({ level, minLevel, pattern, records }: LogAsk): boolean {
  return [level, minLevel, pattern, records].some((filter) => filter !== undefined);
}

/**
 * Whether the last lines must be looked for here: an engine takes the tail of the whole log before it looks at `until`,
 * and knows nothing of our filters. (Before `since` makes no difference to the outcome.)
 */
export function searchesTail(ask: LogAsk): ask is LogAsk & { readonly tail: number } {
  return ask.tail !== undefined && ask.tail > 0 && (ask.until !== undefined || needsText(ask));
}

/**
 * Whether no line can be in a window, which is said as a loss: one that is asked of nobody, since an engine takes `until`
 * 0 for no limit, and a search from the end asks it without `until`.
 */
export function isEmptyWindow({ since, until }: LogWindow, losses: Losses): boolean {
  const empty = until !== undefined && until <= Math.max(since ?? 0, 0);
  if (empty) losses.say('since is not before until, so no line can be between them');
  return empty;
}

/** The lines that are wanted, unread: for a caller that takes text as it comes. */
export async function* wantedLines(
  open: OpenLog,
  ask: LogAsk,
  losses: Losses,
  signal: AbortSignal,
): AsyncIterable<readonly Line[]> {
  if (needsText(ask) || searchesTail(ask)) return yield* wantedEntries(open, ask, losses, signal);
  const log = await open(ask, ask.timestamps);
  if (log) yield* log.lines();
}

/** The lines that are wanted, read, each with the engine's timestamp in front of its raw bytes. */
export async function* wantedEntries(
  open: OpenLog,
  ask: LogAsk,
  losses: Losses,
  signal: AbortSignal,
): AsyncIterable<readonly Entry[]> {
  if (searchesTail(ask)) {
    yield (await searchBack(open, ask, losses, signal)).found;
    return;
  }
  const log = await open(ask, true);
  if (log) yield* filtered(ask, signal)(parse()(log.lines()));
}

/** The filters in the order users expect: whole records, then level, then pattern. */
function filtered(ask: LogAsk, signal: AbortSignal): Stage<readonly Entry[], readonly Entry[]> {
  const stages: Stage<readonly Entry[], readonly Entry[]>[] = [
    ...(ask.records === undefined ? [] : [joinRecords(ask.records, signal)]),
    ...(ask.minLevel === undefined ? [] : [onlySevere(ask.minLevel)]),
    ...(ask.level === undefined ? [] : [onlyLevel(ask.level)]),
    ...(ask.pattern === undefined ? [] : [onlyMatching(ask.pattern, signal)]),
  ];
  return (source) => stages.reduce((stream, stage) => stage(stream), source);
}

/** What a search from the end has found. */
export interface Search {
  /** Oldest first. */
  readonly found: readonly Entry[];
  /** The engine's timestamp of the oldest line that was looked at, when the search ended before it was complete. */
  readonly from?: string;
}

/** The first look is at so many lines, every further one at eight times as many. */
const firstLook = 1000;
const growth = 8;

/** The engine cuts longer lines into pieces of this size. */
const pieceSize = 16 * 1024;

/**
 * Looks for the last `ask.tail` wanted lines from the end of the log backwards, in growing steps: what lies at the end
 * is found without reading the whole. Ends early, and says so, at `deadline` (performance.now()) once a step is over.
 * With `last`, an engine's timestamp, only lines up to the one that has it count: by their place in the log, since
 * thousands may be of one second and clocks jump.
 */
export async function searchBack(
  open: OpenLog,
  ask: LogAsk & { readonly tail: number },
  losses: Losses,
  signal: AbortSignal,
  deadline = Number.POSITIVE_INFINITY,
  last?: string,
): Promise<Search> {
  if (isEmptyWindow(ask, losses)) return { found: [] };
  const until = ask.until === undefined ? undefined : new Date(ask.until * 1000).toISOString().slice(0, 19);
  for (let look = Math.max(firstLook, 2 * ask.tail); ; look *= growth) {
    const seen = { lines: 0, bytes: 0, first: undefined as string | undefined };
    const log = await open({ ...(ask.since === undefined ? {} : { since: ask.since }), tail: look }, true);
    if (!log) return { found: [] };
    const upTo = linesUpTo(last);
    const all = upTo.stage(within(until && `${until}.000000000Z`, seen)(log.lines()));
    const found: Entry[] = [];
    for await (const batch of lastLines<Entry>(ask.tail, losses)(filtered(ask, signal)(parse()(all))))
      found.push(...batch);
    // The engine counts the pieces of long lines: so many at most have come.
    const pieces = seen.lines + seen.bytes / pieceSize;
    if (!upTo.met()) {
      if (pieces >= look) continue;
      losses.say('the log was rotated since the page before, so its older lines are gone');
      return { found: [] };
    }
    const complete = found.length >= ask.tail || pieces < look;
    if (complete) return { found };
    // A search that goes on from a position must get beyond it, or the next one would begin where it began.
    const further = seen.first !== undefined && seen.first !== last;
    if (further && performance.now() >= deadline) return { found, from: seen.first as string };
  }
}

/** Lets through all up to the line, or the run of lines, with this timestamp; without one all. */
function linesUpTo(last: string | undefined): {
  readonly stage: Stage<readonly Line[], readonly Line[]>;
  met(): boolean;
} {
  let met = last === undefined;
  return {
    met: () => met,
    stage: async function* (source) {
      let over = false;
      for await (const batch of source) {
        if (last === undefined) yield batch;
        if (last === undefined || over) continue;
        const stamps = batch.map(({ raw }) => stampOf(raw));
        met ||= stamps.includes(last);
        const end = met ? stamps.findIndex((stamp, index) => index > stamps.indexOf(last) && stamp !== last) : -1;
        over = end >= 0;
        yield over ? batch.slice(0, end) : batch;
      }
    },
  };
}

/** Leaves out lines after a moment, as the engine does with `until`; counts all, and remembers the first's time. */
function within(
  until: string | undefined,
  seen: { lines: number; bytes: number; first: string | undefined },
): Stage<readonly Line[], readonly Line[]> {
  return async function* (source) {
    for await (const batch of source) {
      if (seen.lines === 0 && batch[0]) seen.first = stampOf(batch[0].raw);
      seen.lines += batch.length;
      for (const { raw } of batch) seen.bytes += raw.length;
      yield until === undefined ? batch : batch.filter(({ raw }) => (stampOf(raw) ?? '') <= until);
    }
  };
}
