import { estimateLog, type LogEstimate } from '../logs/estimate.ts';
import type { LogPlace } from '../logs/source.ts';
import type { BundleAsk } from './collector.ts';

/** What one estimate may take; milliseconds. */
const estimateMs = 1500;
/** Estimates are from a sample: so much of the room is used. */
const careful = 0.85;

/**
 * How many lines of which logs there is room for, when all of them together may take so many bytes compressed. Those
 * that are small are taken whole and leave their room to the others; a log that cannot be read is left to its turn.
 */
export async function newestLines(
  place: LogPlace,
  names: readonly string[],
  ask: BundleAsk,
  bytes: number,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  const estimates: LogEstimate[] = [];
  for (const name of names) {
    const window = { ...ask, timestamps: true };
    const one = await estimateLog(place, name, window, estimateMs, signal).catch((error: unknown) => {
      signal.throwIfAborted();
      if (error instanceof TypeError) throw error;
      return undefined;
    });
    if (one) estimates.push(one);
  }
  return shares(estimates, bytes * careful);
}

/** The fair shares: those under their share are whole, what they leave is shared anew. */
export function shares(
  estimates: readonly Pick<LogEstimate, 'module' | 'lines' | 'gzipBytes'>[],
  bytes: number,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  const sorted = [...estimates].sort((a, b) => a.gzipBytes - b.gzipBytes);
  let left = bytes;
  for (const [at, { module, lines, gzipBytes }] of sorted.entries()) {
    const share = left / (sorted.length - at);
    if (gzipBytes > share) found.set(module, Math.max(1, Math.floor((lines * share) / gzipBytes)));
    left -= Math.min(gzipBytes, share);
  }
  return found;
}
