import { messageOf, SupportError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { sleep } from '../base/time.ts';
import { hasEnded, type TaskRecord } from './record.ts';
import type { Sealer } from './seal.ts';
import type { TaskStore } from './store.ts';

/** A request as it came. */
export interface Request {
  readonly request: unknown;
  readonly sasUrl?: string | undefined;
}

export interface SealedRequestParts {
  readonly sealer: Sealer;
  readonly store: TaskStore;
  readonly log: Pick<Log, 'warning'>;
  readonly clean: (text: string) => string;
  /** Before the key is asked for again; milliseconds. */
  readonly againMs: number;
}

/** Requests that may hold a secret, kept with their task for a restart and for nobody else. */
export interface SealedRequests {
  /**
   * Keeps what `request` gives at the time of sealing. While there is no key it is tried again; until then a restart
   * would find the task without its SAS.
   */
  keep(record: TaskRecord, request: () => Request, signal: AbortSignal): Promise<void>;
  /** The request of a task of an earlier start. Waits for the key; SupportError conflict when there is another one. */
  open(record: TaskRecord, signal: AbortSignal): Promise<Request>;
}

export function createSealedRequests({ sealer, store, log, clean, againMs }: SealedRequestParts): SealedRequests {
  return {
    async keep(record, request, signal) {
      let warned = false;
      while (!hasEnded(record) && !signal.aborted) {
        try {
          const sealed = await sealer.seal(JSON.stringify(request()));
          if (hasEnded(record)) return;
          record.sealed = sealed;
          await store.put(record);
          return;
        } catch (error) {
          const text = `The request of task ${record.id} cannot be kept for a restart yet: ${clean(messageOf(error))}`;
          if (!warned) log.warning(text);
          warned = true;
          await sleep(againMs, signal).catch(() => undefined);
        }
      }
    },
    async open(record, signal) {
      if (record.sealed === undefined) {
        if (!record.secret) return { request: record.request };
        const text = 'the module ended before the request with its secrets could be kept for a restart; call it again.';
        throw new SupportError('conflict', text);
      }
      for (;;) {
        try {
          return JSON.parse(await sealer.open(record.sealed)) as Request;
        } catch (error) {
          if (error instanceof SupportError && error.code === 'conflict') throw error;
          record.step = 'waiting for the key to its request (the workload API)';
          await sleep(againMs, signal);
        }
      }
    },
  };
}
