import { randomUUID } from 'node:crypto';
import { messageOf, SupportError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { hasEnded, newRecord, type TaskRecord, viewOf } from './record.ts';
import type { TaskStore } from './store.ts';
import type { TaskAsk, TaskKind, TaskView } from './task.ts';

/**
 * Ended tasks are forgotten after so long, or when there are more than so many. A task whose archives are kept is not
 * forgotten for its age: a clock that jumps must not take them away (their number and the spool's room bound them).
 */
const keptMs = 7 * 24 * 3600 * 1000;
const keptCount = 200;

/** The results have what is cut off here, module by module. */
const longestMessage = 8000;

export interface LedgerParts {
  readonly store: TaskStore;
  /** Takes secrets out of a text, and out of every text in a JSON value. */
  readonly clean: <T>(value: T) => T;
  readonly log: Pick<Log, 'info' | 'warning' | 'error'>;
  readonly now: () => Date;
  /** Takes away the archives of a task. */
  readonly discard: (id: string) => Promise<void>;
  /** Whether archives of a task lie on this device. */
  readonly keeps: (id: string) => Promise<boolean>;
  /** Told whenever something that people are shown has changed. */
  readonly changed: () => void;
  /** Told of what happens to tasks of a method; `Started` also when one goes on after a restart. */
  readonly counted?: (method: string, event: 'Started' | 'Completed' | 'Failed' | 'Cancelled') => void;
  /** Told of each task that has ended behind its answer, or whose caller this module's end left without one. */
  readonly ended?: (record: TaskRecord) => void;
}

/** The book of tasks: who is in it, what came of it, and who is struck out. */
export interface Ledger {
  /** A record of a task that begins now; not yet in the store. */
  create(ask: TaskAsk, kind: TaskKind | undefined): TaskRecord;
  /** `seconds`: how long it has been running, where that is known better than by the clock on the wall. */
  view(record: TaskRecord, seconds?: number): TaskView;
  /** SupportError not-found for an id that nobody knows. */
  find(id: string): TaskRecord;
  /** Writes down how a task ended; once. `advice` follows the message of a failure. The sealed request is gone from the disk when the promise resolves. */
  end(
    record: TaskRecord,
    status: 'Completed' | 'Failed' | 'Cancelled',
    seconds?: number,
    error?: unknown,
    advice?: string,
  ): Promise<void>;
  /** Strikes out what ended long ago. */
  forgetOld(): Promise<void>;
}

export function createLedger({ store, clean, log, now, discard, keeps, changed, counted, ended }: LedgerParts): Ledger {
  const ageSecs = ({ createdAt, endedAt }: TaskRecord) =>
    Math.max(0, Math.round(((endedAt ?? now().getTime()) - createdAt) / 1000));

  const forgetOld = async () => {
    const ended = store.all().filter(hasEnded);
    const oldest = now().getTime() - keptMs;
    const surplus = ended.length - keptCount;
    for (const [at, { id, endedAt = 0 }] of ended.entries()) {
      if (at >= surplus && (endedAt >= oldest || (await keeps(id)))) continue;
      store.forget(id);
      await discard(id);
    }
  };

  return {
    create({ method, request, sasUrl, timeoutSecs, requestId, requestHash, payloadHash }, kind) {
      const shown = clean(request);
      const withSas = sasUrl !== undefined;
      const secret = withSas || JSON.stringify(shown) !== JSON.stringify(request);
      return newRecord({
        id: randomUUID(),
        method,
        operation: kind?.operation ?? method,
        request: shown,
        createdAt: now().getTime(),
        timeoutSecs,
        ...(requestId === undefined ? {} : { requestId }),
        ...(requestHash === undefined ? {} : { requestHash }),
        ...(payloadHash === undefined ? {} : { payloadHash }),
        ...(withSas ? { withSas } : {}),
        ...(secret ? { secret } : {}),
      });
    },

    view: (record, seconds = ageSecs(record)) => viewOf(record, record.seconds ?? seconds),

    find(id) {
      const record = store.get(id);
      if (record) return record;
      throw new SupportError('not-found', `There is no task ${id}; ListTasks has those there are.`);
    },

    async end(record, status, seconds = ageSecs(record), error, advice = '') {
      if (hasEnded(record)) return;
      const wasSealed = record.sealed !== undefined;
      const failure = status === 'Failed' ? clean(failureMessage(record.operation, error)) : '';
      const message =
        advice === ''
          ? failure.slice(0, longestMessage)
          : `${failure.slice(0, longestMessage).replace(/\.?$/, '.')} ${advice}`;
      // What was done already is not undone: who cancels is told how far it had come.
      const cut =
        status === 'Cancelled' && record.step !== ''
          ? [`It was cancelled at this step: ${record.step.replace(/\.$/, '')}.`]
          : [];
      const partial = [...record.partial, ...cut];
      const over = {
        partial,
        sealed: undefined,
        step: '',
        percent: undefined,
        collecting: false,
        endedAt: now().getTime(),
      };
      Object.assign(record, over, { status, message, seconds } satisfies Partial<TaskRecord>);
      const line = `[Task] ${record.operation} ${record.id}: ${status} after ${seconds} s.`;
      if (status === 'Failed') log.warning(`${line} ${message}`);
      else log.info(line);
      if (isFault(error)) log.error(`[Task] ${record.id} fault=${clean(error.stack ?? error.message)}`);
      counted?.(record.method, status);
      ended?.(record);
      changed();
      await store.put(record);
      if (wasSealed) await store.purge();
      await forgetOld();
    },

    forgetOld,
  };
}

/** What no SupportError says is a bug, whose place is worth knowing. */
const isFault = (error: unknown): error is Error => error instanceof Error && !(error instanceof SupportError);

/** edgeAgent's message of a failed task. */
export function failureMessage(operation: string, error: unknown): string {
  const text = error === null || error === undefined ? '' : messageOf(error);
  return text === '' ? `Task ${operation} failed with no error` : `Task ${operation} failed because of error ${text}`;
}
