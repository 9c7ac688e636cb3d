import { randomBytes } from 'node:crypto';
import { SupportError } from '../base/errors.ts';

/** What dry runs have shown, until somebody says that it shall be done. */
export interface Confirmations {
  /** Keeps what was shown; the token stands for it and for nothing else. */
  offer(method: string, shown: unknown): { readonly confirm: string; readonly expiresAt: string };
  /**
   * What the token stands for; it is good once. SupportError conflict for one that is not known: of another method, used,
   * too old, or of an earlier start.
   */
  take(method: string, token: string): unknown;
}

/** So long somebody may look at a dry run; milliseconds. */
const goodForMs = 600_000;

/** So many are kept: more than anybody looks at in that time. */
const most = 50;

/** `elapsedMs` is a clock that nobody sets: one that is set must not make a token good for ever. */
export function createConfirmations(now: () => Date, elapsedMs = () => performance.now()): Confirmations {
  const offered = new Map<string, { readonly method: string; readonly shown: unknown; readonly until: number }>();
  return {
    offer(method, shown) {
      const confirm = randomBytes(8).toString('hex');
      offered.set(confirm, { method, shown, until: elapsedMs() + goodForMs });
      const [oldest] = offered.keys();
      if (offered.size > most && oldest !== undefined) offered.delete(oldest);
      return { confirm, expiresAt: new Date(now().getTime() + goodForMs).toISOString() };
    },
    take(method, token) {
      const found = offered.get(token);
      if (found?.method === method) offered.delete(token);
      if (found?.method === method && elapsedMs() < found.until) return found.shown;
      throw new SupportError(
        'conflict',
        `confirm: this token stands for nothing that a dry run of ${method} has shown in the last ${goodForMs / 60_000} minutes, or it was used; call ${method} without it for a new one.`,
      );
    },
  };
}
