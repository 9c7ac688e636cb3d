import { sleep } from '../base/time.ts';
import type { ChannelOptions, EndingKind, Via } from './hub.ts';
import { backoffMs, type ChannelLimits } from './limits.ts';

/** Why a connection is given up. */
export interface Ending {
  readonly kind: EndingKind;
  readonly why: string;
}

/** What is known of the ways to the hub, and the choice between them. */
export interface Ways {
  readonly first: Via;
  /** The way to go next. */
  next(signal: AbortSignal): Promise<Via>;
  /** A connection ended; the pause in milliseconds before the next. */
  ended(via: Via, ending: Ending): number;
  /** Calls reach the module on this way, as far as can be told. */
  works(via: Via): void;
  fails(via: Via): void;
  /** For how many milliseconds no way has worked; 0 while one does. */
  failingMs(): number;
  /** In how many milliseconds the other way is to be taken; Infinity when never. */
  fallbackInMs(): number;
  /** Resolves when the first way is to be tried again, seen from the second. */
  untilReturn(signal: AbortSignal): Promise<string>;
}

export interface WaysParts {
  /** The first is the normal one. */
  readonly ways: readonly [Via, ...Via[]];
  readonly options: () => ChannelOptions;
  readonly limits: ChannelLimits;
  /** Whether something answers on the first way; cheap, and leaves the other one alone. Never rejects. */
  readonly answers: (signal: AbortSignal) => Promise<boolean>;
}

/**
 * Both ways share one identity, and a hub that sees it twice drops the older connection: so there is never more than
 * one, and the first way is only dialled before the second is left for it.
 */
export function createWays({ ways: [first, second], options, limits, answers }: WaysParts): Ways {
  const now = () => performance.now();
  let nothingWorksSince: number | undefined = now();
  let firstFailsSince: number | undefined = now();
  let last: { readonly via: Via; readonly kind: Ending['kind'] } | undefined;
  let failures = 0;
  let vainReturns = 0;
  let mayReturnAt = 0;

  const fallbackInMs = () => {
    if (second === undefined || !options().fallback || firstFailsSince === undefined) return Infinity;
    return Math.max(0, firstFailsSince + options().fallbackAfterSecs * 1000 - now());
  };
  const fails = (via: Via) => {
    nothingWorksSince ??= now();
    if (via === first) firstFailsSince ??= now();
  };

  return {
    first,
    fallbackInMs,
    fails,
    async next(signal) {
      if (second === undefined || fallbackInMs() > 0 || last === undefined) return first;
      if (last.via === first || last.kind === 'renewed') return second;
      if (last.kind === 'returning') return first;
      return now() >= mayReturnAt && (await answers(signal)) ? first : second;
    },
    ended(via, { kind }) {
      last = { via, kind };
      if (kind === 'renewed' || kind === 'returning') return 0;
      fails(via);
      if (via === first && fallbackInMs() === 0) {
        vainReturns += 1;
        mayReturnAt = now() + backoffMs(vainReturns, limits.returnEveryMs, limits.returnMaxMs);
        return 0;
      }
      // A deaf connection has been kept for the pause already.
      if (kind === 'deaf') return 0;
      failures += 1;
      const pauseMs = backoffMs(failures, limits.backoffMinMs, limits.backoffMaxMs);
      return via === first ? Math.min(pauseMs, fallbackInMs()) : pauseMs;
    },
    works(via) {
      nothingWorksSince = undefined;
      failures = 0;
      if (via !== first) return;
      firstFailsSince = undefined;
      vainReturns = 0;
    },
    failingMs: () => (nothingWorksSince === undefined ? 0 : now() - nothingWorksSince),
    async untilReturn(signal) {
      for (;;) {
        await sleep(limits.returnEveryMs, signal);
        if (!options().fallback) return 'the other way is switched off';
        if (now() >= mayReturnAt && (await answers(signal))) return 'edgeHub answers again';
      }
    },
  };
}
