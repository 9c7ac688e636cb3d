import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  readonly limitMs: number;
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks again and again until `probe` gives something other than undefined. A probe that throws counts as "not yet".
 * Throws a sentence with `what` and the last error when the limit is over.
 */
export async function waitFor<T>(
  what: string,
  probe: () => Promise<T | undefined> | T | undefined,
  options: WaitOptions,
): Promise<T> {
  const end = performance.now() + options.limitMs;
  let last = '';
  for (;;) {
    options.signal?.throwIfAborted();
    try {
      const found = await probe();
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof GiveUp) throw error;
      last = ` (last: ${(error as Error).message})`;
    }
    if (performance.now() >= end) throw new Error(`Waited ${options.limitMs / 1000} s for ${what}${last}.`);
    await delay(options.everyMs ?? 100, undefined, { ...(options.signal ? { signal: options.signal } : {}) });
  }
}

/** Thrown by a probe to say that waiting on is of no use. */
export class GiveUp extends Error {}
