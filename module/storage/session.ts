import { messageOf, SupportError } from '../base/errors.ts';
import { sleep } from '../base/time.ts';
import { asSupportError, BlobFault } from './fault.ts';
import type { Gate } from './gate.ts';
import type { Connect, RemoteBlob } from './remote.ts';
import type { DeliveryContext } from './storage.ts';
import { addressOf, type Target } from './target.ts';

/** How long is waited between attempts, in milliseconds. */
export interface Patience {
  readonly firstMs: number;
  readonly mostMs: number;
}

/** The requests of one archive's upload. */
export interface Session {
  /** Where a blob of this name would be, without SAS, at the target of now. */
  address(name: string): string;
  /**
   * Does a request until storage has taken it, waiting between the attempts as long as the archive may wait; each
   * attempt asks for the target anew. Rejects with a BlobFault `exists` or `forgotten`, with Moved when the target is
   * another than `address` tells, and with a SupportError when storage refuses or the wait is over.
   */
  request<T>(name: string, address: string, work: (blob: RemoteBlob) => Promise<T>): Promise<T>;
  /** As request, but tries once: rejects with a BlobFault. */
  attempt<T>(name: string, address: string, work: (blob: RemoteBlob) => Promise<T>): Promise<T>;
  /** Ends what still runs. */
  close(): void;
  /** Aborts with the task, and when the session is closed. */
  readonly signal: AbortSignal;
}

export interface SessionParts {
  readonly archive: string;
  /** What the task's step says while the archive is being sent. */
  readonly step: string;
  readonly context: Pick<DeliveryContext, 'progress' | 'nudged'>;
  readonly signal: AbortSignal;
  readonly target: () => Target | undefined;
  readonly connect: Connect;
  readonly gate: Gate;
  readonly patience: Patience;
  /** How long the archive may still wait. */
  readonly leftMs: () => number;
  readonly now: () => Date;
}

/** The target is not the one any more to which the blocks went. */
export class Moved extends Error {}

export function openSession(parts: SessionParts): Session {
  const { archive, step, context, connect, gate, patience, leftMs, now } = parts;
  const closed = new AbortController();
  const signal = AbortSignal.any([parts.signal, closed.signal]);
  /** The address with SAS that has taken a request: a refusal after that is not the fault of who made the SAS. */
  let worked = '';

  const target = () => {
    const found = parts.target();
    if (found) return found;
    throw new SupportError('unavailable', 'There is no storage to upload to any more; give a sasUrl with ResumeTask.');
  };

  let wakers: readonly (() => void)[] = [];
  const listen = async () => {
    while (!closed.signal.aborted) {
      await context.nudged();
      for (const wake of wakers) wake();
    }
  };
  let listening = false;
  const pause = async (ms: number) => {
    if (!listening) listen().catch(() => undefined);
    listening = true;
    const over = new AbortController();
    const wake = () => over.abort();
    wakers = [...wakers, wake];
    try {
      await sleep(ms, AbortSignal.any([signal, over.signal]));
    } catch (error) {
      signal.throwIfAborted();
      if (!over.signal.aborted) throw error;
    } finally {
      wakers = wakers.filter((other) => other !== wake);
    }
  };

  const wait = async (fault: BlobFault, from: Target, tries: number) => {
    if (expired(from, now())) throw expiredError(from, fault);
    const left = leftMs();
    if (left <= 0) {
      const text = `Storage could not be reached for as long as archives wait (storage.keepFor), so it was removed: ${fault.message}`;
      throw new SupportError('timeout', text, { cause: fault });
    }
    const backoff = Math.min(patience.mostMs, patience.firstMs * 2 ** tries) * (0.5 + Math.random() / 2);
    context.progress({ step: `waiting for storage: ${fault.message}` });
    await pause(Math.min(left, Math.max(backoff, fault.retryAfterMs)));
    context.progress({ step });
  };

  const attempt = async <T>(current: Target, name: string, address: string, work: (blob: RemoteBlob) => Promise<T>) => {
    signal.throwIfAborted();
    if (addressOf(current, name) !== address) throw new Moved('The target of the upload has changed.');
    const result = await gate.use(archive, signal, async () => work(await connect(current, name)));
    worked = current.container.href;
    return result;
  };

  return {
    signal,
    address: (name) => addressOf(target(), name),
    close: () => closed.abort(new Error('The upload has ended.')),
    attempt: async (name, address, work) => attempt(target(), name, address, work),
    async request(name, address, work) {
      for (let tries = 0; ; tries += 1) {
        const current = target();
        try {
          return await attempt(current, name, address, work);
        } catch (error) {
          signal.throwIfAborted();
          if (!(error instanceof BlobFault) || error.kind === 'exists' || error.kind === 'forgotten') throw error;
          if (error.kind === 'refusal') throw refusal(error, current, worked === current.container.href, now());
          await wait(error, current, tries);
        }
      }
    },
  };
}

const expired = ({ expiresAt }: Target, now: Date) => expiresAt !== undefined && expiresAt <= now.getTime();

/** A SAS that has run out meanwhile is told as that: Azure only says that authentication failed. */
function refusal(fault: BlobFault, from: Target, worked: boolean, now: Date): SupportError {
  const byTime = fault.status === 403 && from.credential === undefined && (expired(from, now) || worked);
  return byTime ? expiredError(from, fault) : asSupportError(fault);
}

function expiredError({ from, expiresAt }: Target, fault: BlobFault): SupportError {
  const when = expiresAt === undefined ? '' : ` (it ends at ${new Date(expiresAt).toISOString()})`;
  const how = from === 'sasUrl' ? 'give a fresh one with ResumeTask' : `put a fresh one there and call ResumeTask`;
  const text = `The SAS in ${from} has expired or was revoked while the archive waited${when}; the archive is kept: ${how}.`;
  return new SupportError('unavailable', `${text} Last: ${messageOf(fault)}`, { cause: fault });
}
