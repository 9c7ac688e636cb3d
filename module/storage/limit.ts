import { sleep } from '../base/time.ts';

/** How fast uploads may go, all together. */
export interface Limit {
  /** Bytes that should be asked for at a time; Infinity when there is no limit. */
  slice(): number;
  /** Resolves when so many bytes may be sent. */
  take(bytes: number, signal: AbortSignal): Promise<void>;
}

/**
 * Paces bytes on the monotonic clock, first come, first served. A pause is not saved up for a burst: at most a
 * tenth of a second's worth goes out at once. The rate may change at any time; what has been promised stays.
 */
export function createLimit(bytesPerSecond: () => number, now: () => number = () => performance.now()): Limit {
  /** When the line is free again, in milliseconds of `now`. */
  let free = 0;
  return {
    slice: () => {
      const rate = bytesPerSecond();
      return rate > 0 ? Math.min(65_536, Math.max(512, Math.floor(rate / 10))) : Number.POSITIVE_INFINITY;
    },
    take: async (bytes, signal) => {
      const rate = bytesPerSecond();
      if (rate <= 0) return;
      const start = Math.max(free, now());
      free = start + (bytes / rate) * 1000;
      const waitMs = start - now();
      if (waitMs > 0) await sleep(waitMs, signal);
    },
  };
}
