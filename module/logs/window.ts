import { demuxFrames, demuxTty, type Take } from '../docker/demux.ts';
import type { ContainerInspect, Docker, LogQuery, RawLog } from '../docker/docker.ts';
import { type Clock, clockInDoubt } from './clock.ts';
import { jitter, secondsAt } from './stamp.ts';

/** How far back the engine is asked for the last lines of a log before it is left to search the whole. */
export interface TailLimits {
  /** Lines of the first try; each further one asks for two to eight times as many, as the times of the last suggest. */
  readonly least: number;
  readonly most: number;
  /** So many lines before the window are looked through for lines that belong to it, too. */
  readonly lookBack: number;
}

export const tailLimits: TailLimits = { least: 1000, most: 4_096_000, lookBack: 4000 };

type Ask = (query: LogQuery) => Promise<RawLog>;

/**
 * The engine searches the whole log for `since`, 7 s for 600 MB, but finds the last lines of a log at once. This asks
 * it for both, the last lines that hold the window and of these what is in the window: bytes and order are the engine's
 * own. Undefined when the engine should search the whole log: there may be lines of the window before those last lines
 * (see clockInDoubt and `survey`), or they are a large part of the log.
 */
export async function openWindow(
  docker: Docker,
  container: ContainerInspect,
  query: LogQuery & { readonly since: number },
  clock: Clock,
  signal: AbortSignal,
  limits = tailLimits,
): Promise<RawLog | undefined> {
  const { since } = query;
  if (!['json-file', 'local'].includes(container.HostConfig?.LogConfig?.Type ?? '')) return undefined;
  if (clockInDoubt(container, since, clock)) return undefined;
  const ask: Ask = (own) => docker.logs(container.Name.slice(1), own, signal);
  const first = await firstSecond(ask, {});
  if (first === undefined || first >= since - jitter || clock.now - since > (clock.now - first) / 2) return undefined;
  const tail = await tailBefore(ask, since - jitter, clock.now, limits);
  if (tail === undefined) return undefined;
  const surveyed = await survey(await ask({ tail: tail + limits.lookBack, timestamps: true }), since - jitter);
  if (surveyed === undefined || surveyed.first < first - jitter) return undefined;
  return proven(ask, { ...query, tail: surveyed.lines + limits.least }, since - jitter);
}

/** So many lines from the end that the first of them is older than `before`; undefined when that would be too many. */
async function tailBefore(
  ask: Ask,
  before: number,
  now: number,
  { least, most }: TailLimits,
): Promise<number | undefined> {
  for (let tail = least; tail <= most; ) {
    const seconds = await firstSecond(ask, { tail });
    if (seconds === undefined) return undefined;
    if (seconds < before) return tail;
    const factor = (1.25 * (now - before)) / Math.max(now - seconds, 1);
    tail = Math.ceil(tail * Math.min(Math.max(factor, 2), 8));
  }
  return undefined;
}

/**
 * Reads a tail's times: its first, and how many lines there are from the first that is not older than `before` on.
 * Undefined when they go back, or cannot be read.
 */
async function survey({ tty, body }: RawLog, before: number) {
  let first: number | undefined;
  let latest = -Infinity;
  let lines = 0;
  let fine = true;
  const times = readTimes(tty, (seconds, size) => {
    first ??= seconds;
    // Not a number compares false: such a line is no time that can be trusted.
    if (!(seconds >= latest - jitter)) fine = false;
    latest = Math.max(latest, seconds);
    if (seconds >= before || lines > 0) lines += 1 + Math.floor(size / 16_384);
  });
  for await (const chunk of body) {
    times(chunk);
    if (!fine) break;
  }
  return fine && first !== undefined ? { first, lines } : undefined;
}

/**
 * The answer to the query, once it is certain that the tail it was taken from began before the window: lines that come
 * between two questions push older ones out of a tail. The log only grows, so a tail of the same length that is taken
 * later and begins before the window proves it.
 */
async function proven(
  ask: Ask,
  query: LogQuery & { readonly tail: number },
  before: number,
): Promise<RawLog | undefined> {
  const { tty, body } = await ask(query);
  const chunks = body[Symbol.asyncIterator]();
  // With the first bytes, or the end, the engine has taken the tail.
  const head = await chunks.next();
  const seconds = await firstSecond(ask, { tail: query.tail }).catch(() => undefined);
  if (seconds === undefined || seconds >= before) {
    await chunks.return?.();
    return undefined;
  }
  return { tty, body: resumed(head, chunks) };
}

async function* resumed(head: IteratorResult<Buffer>, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    for (let next = head; !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}

/** The time of the first line of the engine's answer; the rest is not read. */
async function firstSecond(ask: Ask, query: LogQuery): Promise<number | undefined> {
  const { tty, body } = await ask({ ...query, timestamps: true });
  let found: number | undefined;
  const times = readTimes(tty, (seconds) => {
    found ??= seconds;
  });
  for await (const chunk of body) {
    times(chunk);
    if (found !== undefined) break;
  }
  return found === undefined || Number.isNaN(found) ? undefined : found;
}

/** Calls `line` with the time of every line of a body, NaN where none can be read, and with a size it does not exceed. */
function readTimes(tty: boolean, line: (seconds: number, size: number) => void): (chunk: Buffer) => void {
  const stamp = Buffer.alloc(40);
  let have = 0;
  let size = 0;

  const finish = () => {
    if (size > 0) line(secondsAt(stamp, 0, stamp.subarray(0, have).indexOf(0x20)), size);
    have = 0;
    size = 0;
  };
  const add = (chunk: Buffer, start: number, end: number) => {
    if (have < stamp.length) have += chunk.copy(stamp, have, start, Math.min(end, start + stamp.length - have));
    size += end - start;
  };
  const takeTty: Take = (_, chunk, start, end) => {
    for (let at = start; at < end; ) {
      const breakAt = chunk.indexOf(0x0a, at);
      const stop = breakAt < 0 || breakAt >= end ? end : breakAt + 1;
      add(chunk, at, stop);
      if (stop === breakAt + 1) finish();
      at = stop;
    }
  };
  const takeFrame: Take = (stream, chunk, start, end, last) => {
    if (stream === 'engine') return line(NaN, 0);
    add(chunk, start, end);
    if (last) finish();
  };
  const demux = tty ? demuxTty(takeTty) : demuxFrames(takeFrame);
  return (chunk) => demux.push(chunk);
}
