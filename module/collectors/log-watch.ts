import type { Stage } from '../base/stage.ts';
import { type LogSignature, logSignatures } from '../facts/log-signs.ts';
import type { LogLine, LogSign, LogTrouble, ModuleLogReading } from '../facts/log-statistics.ts';
import { createNeedles, shortest } from '../redact/needles.ts';
import { severityHints, severityOf, timeOf } from './log-level.ts';
import { createRate } from './log-rate.ts';

/** Looks at a log on its way into the bundle. */
export interface LogWatch {
  /** Passes everything on as it comes. */
  readonly tap: Stage<Uint8Array, Uint8Array>;
  /** What was seen until now. */
  read(): ModuleLogReading;
}

/** What a module prints when it begins. */
const starts = /Edge (?:Hub|Agent) Main\(\)|edge-support \S+ starts as/;
const startHints = ['edge hub main', 'edge agent main', 'edge-support '];

/** What is looked for in the bytes. By its number: the signatures that it may be of; none where it says something of the level, or of a start. */
const lower = (texts: readonly string[]) => texts.map((text) => text.toLowerCase());
const hints = [
  ...new Set(lower([...severityHints, ...startHints, ...logSignatures.flatMap((signature) => signature.hints)])),
].filter((hint) => hint.length >= shortest);
const signaturesOf = hints.map((hint) => logSignatures.filter((signature) => lower(signature.hints).includes(hint)));

/** The longest text of a line that is kept; so many troubles, starts and gaps, and signs one after another. */
const longestText = 300;
const mostTroubles = 100;
const mostStarts = 50;
const mostGaps = 5;
/** A time without a line is worth telling from here on; after so long without an error the next is a new trouble. */
const gapMs = 10 * 60_000;
const quietMs = 60_000;
/** Times are read at every line of a short log, and in a long one every so many bytes: for gaps that is enough. */
const allTimesBytes = 256 << 10;
const sampleBytes = 16_384;
/** Longer lines are looked at so far. */
const looked = 16 << 10;

/** A watch for one module's log, which is `file` in the bundle: plain text, redacted, in whole lines but for very long ones. */
export function createLogWatch(file: string): LogWatch {
  const needles = createNeedles(hints);
  const rate = createRate();
  const count = { lines: 0, bytes: 0, errors: 0, warnings: 0 };
  const signs = new Map<string, { count: number; first: LogLine; last: LogLine }>();
  const troubles: { -readonly [K in keyof LogTrouble]: LogTrouble[K] }[] = [];
  const begun: number[] = [];
  const gaps: { from: number; to: number }[] = [];
  const backwards = { count: 0, farthestMs: 0 };
  let firstAt: number | undefined;
  let lastAt: number | undefined;
  let highestAt = Number.NEGATIVE_INFINITY;
  let lastErrorAt: number | undefined;
  let lastErrorLine = Number.NEGATIVE_INFINITY;
  /** Whether the last chunk ended within a line. */
  let within = false;

  const seeTime = (at: number) => {
    firstAt ??= at;
    if (lastAt !== undefined) {
      const step = at - lastAt;
      // Behind a clock that went back, what it passes again is no gap.
      if (at - highestAt >= gapMs) {
        gaps.push({ from: highestAt, to: at });
        gaps.sort((a, b) => b.to - b.from - (a.to - a.from));
        gaps.length = Math.min(gaps.length, mostGaps);
      }
      if (step <= -quietMs) {
        backwards.count += 1;
        backwards.farthestMs = Math.max(backwards.farthestMs, -step);
      }
    }
    lastAt = at;
    highestAt = Math.max(highestAt, at);
  };

  const keep = <T>(list: T[], one: T, most: number) => {
    list.push(one);
    // The first says how it began.
    if (list.length > most) list.splice(1, 1);
  };

  const seeLine = (text: string, line: number, candidates: ReadonlySet<LogSignature>) => {
    const severity = severityOf(text);
    const begins = starts.test(text);
    if (severity === undefined && !begins && candidates.size === 0) return;
    const at = timeOf(text);
    if (severity === 'error') {
      const since = at === undefined || lastErrorAt === undefined ? undefined : at - lastErrorAt;
      const isNew = since === undefined ? line - lastErrorLine > 50 : since > quietMs || since < 0;
      const current = troubles.at(-1);
      if (isNew || current === undefined) keep(troubles, told(text, line, at), mostTroubles);
      else if (at !== undefined) current.until = at;
      lastErrorAt = at ?? lastErrorAt;
      lastErrorLine = line;
      count.errors += 1;
    }
    if (severity === 'warning') count.warnings += 1;
    if (severity && at !== undefined) rate.count(severity, at);
    if (begins && (at ?? lastAt) !== undefined) keep(begun, (at ?? lastAt) as number, mostStarts);
    if (candidates.size === 0) return;
    // In the list's order: the first that fits counts.
    const signature = logSignatures.find((one) => candidates.has(one) && one.pattern.test(text));
    if (!signature) return;
    const known = signs.get(signature.id);
    const one = told(text, line, at);
    if (known) Object.assign(known, { count: known.count + 1, last: one });
    else signs.set(signature.id, { count: 1, first: one, last: one });
  };

  const see = (chunk: Buffer) => {
    const starting = count.bytes;
    // Where the current line begins, and its number.
    let at = 0;
    let line = count.lines + 1;
    let end = endOf(chunk, 0);
    let sampled = starting < allTimesBytes ? Number.NEGATIVE_INFINITY : -sampleBytes;
    const goTo = (place: number) => {
      while (place >= end && end < chunk.length) {
        at = end;
        line += 1;
        end = endOf(chunk, at);
        if (starting + at >= allTimesBytes && at - sampled < sampleBytes) continue;
        sampled = at;
        const time = timeOf(chunk.toString('latin1', at, Math.min(end, at + 100)));
        if (time !== undefined) seeTime(time);
      }
    };
    if (!within) {
      const time = timeOf(chunk.toString('latin1', 0, Math.min(end, 100)));
      if (time !== undefined) seeTime(time);
    }
    const candidates = new Set<LogSignature>();
    let pending = false;
    const settle = () => {
      // The rest of a line that began in an earlier chunk says nothing by itself.
      if (pending && !(within && at === 0)) {
        seeLine(chunk.toString('utf8', at, Math.min(end, at + looked)).trimEnd(), line, candidates);
      }
      pending = false;
      candidates.clear();
    };
    needles.scan(chunk, 0, chunk.length, (place, number) => {
      if (place >= end) {
        settle();
        goTo(place);
      }
      pending = true;
      for (const signature of signaturesOf[number] ?? []) candidates.add(signature);
      return undefined;
    });
    settle();
    goTo(chunk.length);
    const open = chunk[chunk.length - 1] !== 0x0a;
    count.lines = open ? line - 1 : line;
    within = open;
    count.bytes += chunk.length;
  };

  return {
    tap: async function* tap(source) {
      for await (const chunk of source) {
        if (chunk.length > 0) see(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
        yield chunk;
      }
    },
    read: () => {
      const counted = rate.read();
      return {
        file,
        lines: count.lines + (within ? 1 : 0),
        bytes: count.bytes,
        ...(firstAt === undefined ? {} : { firstAt }),
        ...(lastAt === undefined ? {} : { lastAt }),
        errors: count.errors,
        warnings: count.warnings,
        ...(counted ? { rate: counted } : {}),
        signs: Object.fromEntries([...signs].map(([id, sign]): [string, LogSign] => [id, { ...sign }])),
        troubles: [...troubles],
        starts: [...begun],
        gaps: [...gaps],
        backwards: { ...backwards },
      };
    },
  };
}

/** What is kept of a line. Not made within the watch: there are millions of lines. */
const told = (text: string, line: number, at: number | undefined): LogLine => ({
  line,
  text: text.slice(0, longestText),
  ...(at === undefined ? {} : { at }),
});

/** Behind the line break at or after a place; the chunk's end when there is none. */
function endOf(chunk: Buffer, at: number): number {
  const found = chunk.indexOf(0x0a, at);
  return found < 0 ? chunk.length : found + 1;
}
