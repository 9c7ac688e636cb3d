import { jitter, secondsAt } from '../stamp.ts';
import { pieces, wholeLines } from './blocks.ts';
import type { Segment } from './segments.ts';

/** A place in a log: the entry that begins at `offset` of a file; in a compressed one, after so many `lines`. */
export interface Place {
  readonly segment: number;
  readonly offset: number;
  readonly lines: number;
}

export const beginning: Place = { segment: 0, offset: 0, lines: 0 };

export interface SearchLimits {
  /** A log of at most so many bytes is read from its beginning. */
  readonly small: number;
  /** So many bytes before the place that was found are looked through for lines that belong to the window, too. */
  readonly lookBack: number;
  /** So many lines all over the log are looked at, whether their times are in order. */
  readonly samples: number;
}

export const searchLimits: SearchLimits = { small: 4 << 20, lookBack: 4 << 20, samples: 192 };

const timeMark = Buffer.from('"time":"');
const chunk = 64 * 1024;

/**
 * A place before which no line is as late as `since` (Unix seconds), found by halving. The times in a log are not
 * always in order: where the search sees a sign of that, the answer is the log's beginning. It looks at the first line
 * of each file, at lines all over the log, and at every line of the last MB before the place; a clock that ran ahead
 * for a short while longer ago can escape it.
 */
export async function findSince(
  segments: readonly Segment[],
  since: number,
  signal: AbortSignal,
  limits = searchLimits,
): Promise<Place> {
  if (segments.reduce((sum, { size, gzip }) => sum + size * (gzip ? 10 : 1), 0) <= limits.small) return beginning;
  const before = since - jitter;
  const firsts: { readonly segment: number; readonly seconds: number }[] = [];
  for (const [segment, own] of segments.entries()) {
    const first = own.gzip ? await firstOfPacked(own, signal) : (await entryAt(own, 0, signal))?.seconds;
    if (first !== undefined) firsts.push({ segment, seconds: first });
  }
  if (!inOrder(firsts.map(({ seconds }) => seconds))) return beginning;
  const start = firsts.findLast(({ seconds }) => seconds < before)?.segment;
  if (start === undefined) return beginning;
  const own = segments[start] as Segment;
  const offset = own.gzip ? 0 : await halve(own, before, signal);
  if (!inOrder(await sampled(segments, limits.samples, signal))) return beginning;
  const place = { segment: start, offset, lines: 0 };
  return (await lateBefore(segments, place, before, limits.lookBack, signal)) ? beginning : place;
}

/** The place of the last `count` entries, counted from the end as the engine does: by line breaks. */
export async function findTail(segments: readonly Segment[], count: number, signal: AbortSignal): Promise<Place> {
  let left = count;
  for (let segment = segments.length - 1; segment >= 0; segment -= 1) {
    const own = segments[segment] as Segment;
    if (own.gzip) {
      const lines = await countLines(own, signal);
      if (lines >= left) return { segment, offset: 0, lines: lines - left };
      left -= lines;
      continue;
    }
    const found = await tailOffset(own, left, signal);
    if (found.offset !== undefined) return { segment, offset: found.offset, lines: 0 };
    left -= found.lines;
  }
  return beginning;
}

/** Whether times never go back by more than what different streams may. */
function inOrder(times: readonly number[]): boolean {
  let latest = -Infinity;
  for (const time of times) {
    if (time < latest - jitter) return false;
    latest = Math.max(latest, time);
  }
  return true;
}

/** An offset before which all is earlier than `before`, if times are in order; the entry there is, too. */
async function halve(segment: Segment, before: number, signal: AbortSignal): Promise<number> {
  let early = 0;
  let late = segment.size;
  while (late - early > chunk) {
    signal.throwIfAborted();
    const middle = early + Math.floor((late - early) / 2);
    const found = await entryAt(segment, middle, signal);
    if (found !== undefined && found.seconds < before && found.offset < late) early = found.offset;
    else late = middle;
  }
  return early;
}

async function sampled(segments: readonly Segment[], count: number, signal: AbortSignal): Promise<readonly number[]> {
  const plain = segments.filter(({ gzip }) => !gzip);
  const total = plain.reduce((sum, { size }) => sum + size, 0);
  const times: number[] = [];
  for (const segment of plain) {
    const own = Math.ceil((count * segment.size) / Math.max(total, 1));
    const offsets = Array.from({ length: own }, (_, index) => Math.floor((segment.size * index) / own));
    const found = await Promise.all(offsets.map((offset) => entryAt(segment, offset, signal)));
    times.push(...found.flatMap((entry) => (entry === undefined ? [] : [entry.seconds])));
  }
  return times;
}

/** Whether a line of the last `bytes` before the place is not earlier than `before`; more of them where files are compressed. */
async function lateBefore(
  segments: readonly Segment[],
  place: Place,
  before: number,
  bytes: number,
  signal: AbortSignal,
): Promise<boolean> {
  let left = bytes;
  for (let index = place.segment; index >= 0 && left > 0; index -= 1) {
    const segment = segments[index] as Segment;
    const end = index === place.segment ? place.offset : segment.size;
    // A compressed file is read from its beginning, whatever of it is wanted.
    const from = segment.gzip ? 0 : Math.max(0, end - left);
    left -= end - from;
    if (end === 0) continue;
    if (await hasLate({ ...segment, size: end }, from, before, signal)) return true;
  }
  return false;
}

async function hasLate(segment: Segment, from: number, before: number, signal: AbortSignal): Promise<boolean> {
  try {
    for await (const block of wholeLines(pieces(segment, from, 256 * 1024, signal), () => undefined)) {
      for (let at = block.indexOf(0x0a, 0); at >= 0; at = block.indexOf(0x0a, at + 1)) {
        if (timeBefore(block, at) >= before) return true;
      }
    }
  } catch (error) {
    // One that is damaged stands in nobody's way here: nothing is read from it.
    if (!segment.gzip || signal.aborted) throw error;
  }
  return false;
}

/** The time of the entry whose line break stands at `lineEnd`; NaN when there is none. */
function timeBefore(block: Buffer, lineEnd: number): number {
  const end = lineEnd - 2;
  if (block[end] !== 0x22) return NaN;
  let at = end;
  while (at > 0 && end - at < 40 && block[at - 1] !== 0x22) at -= 1;
  return secondsAt(block, at, end);
}

interface Found {
  readonly offset: number;
  readonly seconds: number;
}

/** The first readable entry that begins at or after `offset`, which may be in the middle of one. */
async function entryAt(segment: Segment, offset: number, signal: AbortSignal): Promise<Found | undefined> {
  for (let size = 4096; ; size *= 8) {
    signal.throwIfAborted();
    const block = Buffer.allocUnsafe(Math.min(size, segment.size - offset + 1));
    // One byte earlier, so that an entry that begins right at the offset is not skipped.
    const from = Math.max(0, offset - 1);
    const { bytesRead } = await segment.handle.read(block, 0, block.length, from);
    const found = firstTimed(block.subarray(0, bytesRead), from === 0 && offset === 0 ? 0 : undefined);
    if (found !== undefined) return { offset: from + found.at, seconds: found.seconds };
    if (from + bytesRead >= segment.size || size > 2 << 20) return undefined;
  }
}

function firstTimed(block: Buffer, start?: number): { readonly at: number; readonly seconds: number } | undefined {
  let at = start ?? block.indexOf(0x0a) + 1;
  if (start === undefined && at === 0) return undefined;
  for (let end = block.indexOf(0x0a, at); end >= 0; end = block.indexOf(0x0a, at)) {
    const mark = block.lastIndexOf(timeMark, end);
    const from = mark + timeMark.length;
    const seconds = mark < at ? NaN : secondsAt(block, from, block.indexOf(0x22, from));
    if (!Number.isNaN(seconds)) return { at, seconds };
    at = end + 1;
  }
  return undefined;
}

async function firstOfPacked(segment: Segment, signal: AbortSignal): Promise<number | undefined> {
  for await (const block of wholeLines(pieces(segment, 0, chunk, signal), () => undefined)) {
    const found = firstTimed(block, 0);
    if (found !== undefined) return found.seconds;
  }
  return undefined;
}

async function countLines(segment: Segment, signal: AbortSignal): Promise<number> {
  let lines = 0;
  for await (const piece of pieces(segment, 0, 256 * 1024, signal)) {
    for (let at = piece.indexOf(0x0a); at >= 0; at = piece.indexOf(0x0a, at + 1)) lines += 1;
  }
  return lines;
}

/** Where the last `count` lines of a file begin, or how many it has when these are fewer. */
async function tailOffset(segment: Segment, count: number, signal: AbortSignal) {
  const block = Buffer.allocUnsafe(256 * 1024);
  let lines = 0;
  for (let end = segment.size; end > 0; ) {
    signal.throwIfAborted();
    const from = Math.max(0, end - block.length);
    const { bytesRead } = await segment.handle.read(block, 0, end - from, from);
    for (
      let at = block.lastIndexOf(0x0a, bytesRead - 1);
      at >= 0;
      at = at === 0 ? -1 : block.lastIndexOf(0x0a, at - 1)
    ) {
      if (lines === count) return { offset: from + at + 1, lines };
      lines += 1;
    }
    end = from;
  }
  return { offset: lines === count ? 0 : undefined, lines };
}
