import { SupportError } from '../base/errors.ts';

/** When what was restarted last, in this process; by a clock that nobody sets. */
export interface Cooldown {
  /** SupportError busy when it was restarted less than the setting's time ago. */
  check(id: string): void;
  restarted(id: string): void;
  /** It was not restarted after all. */
  forget(id: string): void;
}

/** So many names are remembered: far more than a device has modules. */
const most = 500;

/** Restarts of one module in a row do harm: it never gets to work, and each one drives edgeHub. */
export function createCooldown(seconds: () => number): Cooldown {
  const last = new Map<string, number>();
  return {
    check(id) {
      const at = last.get(id);
      const passed = at === undefined ? Number.POSITIVE_INFINITY : (performance.now() - at) / 1000;
      if (passed >= seconds()) return;
      const ago = Math.max(1, Math.round(passed));
      const left = Math.max(1, Math.ceil(seconds() - passed));
      throw new SupportError(
        'busy',
        `${id} was restarted ${ago} s ago; it may be again in ${left} s (setting restartCooldown).`,
      );
    },
    restarted(id) {
      last.delete(id);
      last.set(id, performance.now());
      const [oldest] = last.keys();
      if (last.size > most && oldest !== undefined) last.delete(oldest);
    },
    forget: (id) => void last.delete(id),
  };
}
