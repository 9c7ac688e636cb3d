import { SupportError } from '../base/errors.ts';
import type { LogAsk } from './ask.ts';
import { recordFrames, recordMaker } from './encode.ts';
import type { Entry } from './filter.ts';
import type { LogFormat } from './format.ts';
import { stampLength, stampOf } from './lines.ts';
import type { LogSource } from './logs.ts';
import { logOpener } from './logs.ts';
import { collectLosses } from './loss.ts';
import { fillPage, type Page, type PageLimit } from './page.ts';
import { type OpenLog, searchBack, wantedEntries } from './wanted.ts';

/** Where the next page of a log begins. */
export type LogPosition =
  /** So many wanted lines have been delivered, the last of them with this time of the engine. */
  | { readonly skip: number; readonly stamp: string }
  /** So many of the last lines are still wanted: those before the line with this time, of which `same` had that time. */
  | { readonly left: number; readonly stamp: string; readonly same: number };

type Backwards = Extract<LogPosition, { readonly left: number }>;

export interface LogPage {
  readonly content: Buffer;
  /** Absent when this was the last page. */
  readonly next?: LogPosition;
  readonly warnings: readonly string[];
}

export interface PageAsk {
  readonly module: string;
  readonly ask: LogAsk;
  readonly format: LogFormat;
  /** What the content may take in the JSON answer, quoted or as base64. */
  readonly bytes: number;
  readonly position?: LogPosition;
  /** No new work is begun after it (performance.now()). */
  readonly deadline: number;
}

/**
 * One page of a module's log that fits: from the beginning of the window on, or with `tail` from the end backwards.
 * The lines of a page are always in the log's own order.
 */
export async function logPage(source: LogSource, page: PageAsk, signal: AbortSignal): Promise<LogPage> {
  const warnings: string[] = [];
  const losses = collectLosses(warnings);
  // Ends what still reads when the page is full.
  const own = new AbortController();
  const both = AbortSignal.any([own.signal, signal]);
  const open = logOpener(source, page.module, losses, both);
  try {
    const { ask } = page;
    const found =
      ask.tail === undefined
        ? await forwards(source, page, wantedEntries(open, ask, losses, both))
        : await backwards(source, page, { ...ask, tail: ask.tail }, open, losses, both);
    return { ...found, warnings };
  } finally {
    own.abort();
  }
}

async function forwards(
  source: LogSource,
  page: PageAsk,
  entries: AsyncIterable<readonly Entry[]>,
): Promise<Pick<LogPage, 'content' | 'next'>> {
  const position = page.position && 'skip' in page.position ? page.position : undefined;
  const stamps: string[] = [];
  let late = false;
  const pieces = (async function* () {
    let before: readonly Entry[] | undefined;
    for await (const batch of afterPosition(entries, position)) {
      if (performance.now() > page.deadline) {
        late = true;
        return;
      }
      if (batch.length === 0) continue;
      for (const { raw } of batch) stamps.push(stampOf(raw) ?? '');
      if (before) yield piecesOf(before, source, page, false);
      before = batch;
    }
    if (before) yield piecesOf(before, source, page, true);
  })();
  const { content, taken, more } = await fillPage(pieces, limitOf(page, 'start'));
  if (late && taken === 0) throw tooSlow(page.module);
  if (!more && !late) return { content };
  return { content, next: { skip: (position?.skip ?? 0) + taken, stamp: stamps[taken - 1] ?? position?.stamp ?? '' } };
}

/**
 * Leaves out what was delivered before: so many entries, the last of which must have the time that it had then. When
 * it has not, the log was rotated in between, and what is not newer than that time is left out instead.
 */
async function* afterPosition(
  entries: AsyncIterable<readonly Entry[]>,
  position: { readonly skip: number; readonly stamp: string } | undefined,
): AsyncIterable<readonly Entry[]> {
  if (!position || position.skip === 0) return yield* entries;
  let skipped = 0;
  let rotated = false;
  for await (const batch of entries) {
    const cut = rotated ? 0 : Math.min(batch.length, position.skip - skipped);
    skipped += cut;
    const last = cut > 0 && skipped === position.skip ? batch[cut - 1] : undefined;
    if (last && (stampOf(last.raw) ?? '') !== position.stamp) rotated = true;
    const rest = rotated ? batch.filter(({ raw }) => (stampOf(raw) ?? '') > position.stamp) : batch.slice(cut);
    yield rest;
  }
}

async function backwards(
  source: LogSource,
  page: PageAsk,
  ask: LogAsk & { readonly tail: number },
  open: OpenLog,
  losses: ReturnType<typeof collectLosses>,
  signal: AbortSignal,
): Promise<Pick<LogPage, 'content' | 'next'>> {
  if (ask.tail === 0) return { content: (await fillPage(nothing(), limitOf(page, 'end'))).content };
  const position = page.position && 'left' in page.position ? page.position : undefined;
  const left = position?.left ?? ask.tail;
  const { found, from } = await searchBack(
    open,
    position ? { ...ask, tail: left + Math.min(position.same, 1000) } : ask,
    losses,
    signal,
    page.deadline,
    position?.stamp,
  );
  const wanted = (position ? beforePosition(found, position) : found).slice(-left);
  const pieces = (async function* () {
    yield piecesOf(wanted, source, page, true).toReversed();
  })();
  const filled = await fillPage(pieces, limitOf(page, 'end'));
  const next = nextBackwards(wanted, filled, left, from);
  return next ? { content: filled.content, next } : { content: filled.content };
}

/** Of what was found up to the position's line, the lines that were not delivered before. */
function beforePosition(found: readonly Entry[], { stamp, same }: Backwards) {
  const older = found.filter(({ raw }) => (stampOf(raw) ?? '') !== stamp);
  const equal = found.filter(({ raw }) => (stampOf(raw) ?? '') === stamp);
  return [...older, ...equal.slice(0, Math.max(0, equal.length - same))];
}

function nextBackwards(wanted: readonly Entry[], { taken, more }: Page, left: number, from: string | undefined) {
  const oldest = wanted[wanted.length - taken];
  if (more && oldest) {
    const stamp = stampOf(oldest.raw) ?? '';
    const same = wanted.slice(-taken).filter(({ raw }) => stampOf(raw) === stamp).length;
    return { left: left - taken, stamp, same };
  }
  // Nothing more was found so far, but the log goes on before what was looked at.
  return from === undefined ? undefined : { left: left - taken, stamp: from, same: Number.MAX_SAFE_INTEGER };
}

async function* nothing(): AsyncIterable<readonly string[]> {}

/** Lines as texts or records, redacted. Only the `last` line of a log may be without a line break. */
function piecesOf(
  entries: readonly Entry[],
  { redactor, iothub, device, scope = 'known' }: LogSource,
  { module, ask, format }: PageAsk,
  last: boolean,
): string[] {
  const clean = (text: string) => redactor.text(text, scope);
  if (format.contentType !== 'text') return entries.map(recordMaker({ iothub, device, module }, clean));
  const texts = entries.map(({ raw }) => clean(raw.toString('utf8', ask.timestamps ? 0 : stampLength(raw))));
  return texts.map((text, index) => (text.endsWith('\n') || (last && index === texts.length - 1) ? text : `${text}\n`));
}

function limitOf({ format, bytes }: PageAsk, from: PageLimit['from']): PageLimit {
  const { contentType, encoding } = format;
  const frame = contentType === 'text' ? { open: '', between: '', close: '' } : recordFrames[contentType];
  return { encoding, bytes, from, frame };
}

function tooSlow(module: string): SupportError {
  return new SupportError(
    'timeout',
    `No wanted line of ${module} was found in the time that an answer may take. ` +
      'Ask for a narrower window, for a tail, or use UploadModuleLogs.',
  );
}
