import { describeMs } from '../base/time.ts';

/** What the health check hears: whether the module does its work, and one sentence that says how it is. */
export interface Health {
  readonly healthy: boolean;
  readonly text: string;
}

/** What is known of the channel, as its health. */
export interface HealthWatch {
  /** `what` as the channel names its states, `open` when it works. */
  channel(what: string, via?: string): void;
  health(): Health;
}

/**
 * The module is healthy while its channel works, and for half of `giveUpAfterMs` when it does not: after the whole of that
 * time the process ends, and somebody should have seen it before. Times are of the monotonic clock.
 */
export function createHealthWatch(giveUpAfterMs: () => number, now = () => performance.now()): HealthWatch {
  let state = 'connecting';
  let to = '';
  let brokenSince: number | undefined = now();
  return {
    channel(what, via) {
      state = what;
      to = via === undefined ? '' : ` to ${via === 'direct' ? 'IoT Hub' : via}`;
      brokenSince = what === 'open' ? undefined : (brokenSince ?? now());
    },
    health() {
      if (brokenSince === undefined) return { healthy: true, text: `The connection${to} is open.` };
      const brokenMs = now() - brokenSince;
      const text = `The connection${to} is ${state}; none has worked for ${describeMs(brokenMs)}.`;
      return { healthy: brokenMs < giveUpAfterMs() / 2, text };
    },
  };
}
