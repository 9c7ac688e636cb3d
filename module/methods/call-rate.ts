import { SupportError } from '../base/errors.ts';
import { slipOf } from '../base/nearest.ts';
import { callsPerMinute, readRate, settings } from '../config/settings.ts';

/** How often methods may be called. */
export interface CallRate {
  /** Counts a call; SupportError busy when there have been too many of this method. */
  take(method: string): void;
}

/**
 * A bucket of tokens for each method: full it holds a minute's calls, each call takes one, and they grow back evenly.
 * `rates` is the owner's list; `now` a clock in milliseconds that nobody sets.
 */
export function createCallRate(rates: () => readonly string[], now = () => performance.now()): CallRate {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(method) {
      const most = limitOf(rates(), method);
      const bucket = buckets.get(method) ?? { tokens: most, at: now() };
      buckets.set(method, bucket);
      const grown = ((now() - bucket.at) * most) / 60_000;
      Object.assign(bucket, { tokens: Math.min(most, bucket.tokens + grown), at: now() });
      // Sums of fractions: who waited as long as was said must not be refused for the last digit.
      if (bucket.tokens > 1 - 1e-6) {
        bucket.tokens -= 1;
        return;
      }
      const seconds = Math.ceil(((1 - bucket.tokens) * 60) / most);
      const { twin, env } = settings.callsPerMinute;
      throw new SupportError(
        'busy',
        `${method} may be called ${most} times a minute; it may be called again in ${seconds} s (setting ${twin}, environment variable ${env}).`,
      );
    },
  };
}

/** The owner's number for a method, else the default's. */
function limitOf(rates: readonly string[], method: string): number {
  const usual = callsPerMinute(settings.callsPerMinute.fallback, method) ?? Number.POSITIVE_INFINITY;
  return callsPerMinute(rates, method) ?? usual;
}

/** What is wrong with the owner's list: a restriction of a method that there is not would go unnoticed. */
export function unknownInRates(rates: readonly string[], methods: readonly string[]): string | undefined {
  const known = new Set(methods.map((name) => name.toLowerCase()));
  for (const rate of rates) {
    const [name] = readRate(rate);
    if (name === '*' || known.has(name.toLowerCase())) continue;
    const meant = slipOf(name, methods);
    return `names ${name}, which is no method${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
  }
  return undefined;
}
