import type { TaskStatus, TaskView } from './task.ts';

/** All that is known of a task; JSON, as it stands in the journal. */
export interface TaskRecord {
  readonly id: string;
  readonly method: string;
  /** edgeAgent's word for the work, as in its message `Task <operation> failed …`. */
  readonly operation: string;
  readonly requestId?: string;
  /** Tells a repeated request from another one with the same `requestId`. */
  readonly requestHash?: string;
  /** By which the audit journal knows the request. */
  readonly payloadHash?: string;
  /** Without secrets. */
  readonly request: unknown;
  /** The request as it came, with its SAS, sealed; gone when the task has ended. */
  sealed?: string | undefined;
  /** The request had a `sasUrl`, which is not in `request`. */
  withSas?: boolean;
  /** `request` is not all of it: it cannot be worked on again without what is sealed. */
  secret?: boolean;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  endedAt?: number | undefined;
  /** Seconds it took, by the monotonic clock where it began in this process. */
  seconds?: number | undefined;
  /** Seconds that `collect` may take. */
  readonly timeoutSecs: number;
  /** A place in the queue was given and the work is under the deadline; still set after a crash in it. */
  collecting: boolean;
  /** How often the process ended in the middle of collecting. */
  crashes: number;
  status: TaskStatus;
  message: string;
  step: string;
  percent?: number | undefined;
  bytes?: number | undefined;
  partial: readonly string[];
  results: readonly object[];
  answer?: unknown;
  notes: Readonly<Record<string, unknown>>;
}

/** A task that began now. */
export function newRecord(
  given: Pick<TaskRecord, 'id' | 'method' | 'operation' | 'request' | 'createdAt' | 'timeoutSecs'> &
    Partial<Pick<TaskRecord, 'requestId' | 'requestHash' | 'payloadHash' | 'withSas' | 'secret'>>,
): TaskRecord {
  const start = { collecting: false, crashes: 0, status: 'Running', message: '', step: '' } as const;
  return { ...given, ...start, partial: [], results: [], notes: {} };
}

/** The answer about a task; `seconds` is how long it has been running. */
export function viewOf(record: TaskRecord, seconds: number): TaskView {
  const { status, message, id, method, step, percent, bytes, createdAt, endedAt, partial, results, answer } = record;
  return {
    status,
    message,
    correlationId: id,
    method,
    ...(step === '' ? {} : { step }),
    ...(percent === undefined ? {} : { percent }),
    ...(bytes === undefined ? {} : { bytes }),
    startedAt: new Date(createdAt).toISOString(),
    ...(endedAt === undefined ? {} : { endedAt: new Date(endedAt).toISOString() }),
    seconds,
    ...(partial.length === 0 ? {} : { partial }),
    ...fitting(results),
    ...(answer === undefined ? {} : { answer }),
  };
}

/** What results may take in an answer of 128 KB; bytes of JSON. */
const largestResults = 90_000;

/** As many results as fit, and how many more there are. */
function fitting(results: readonly object[]): Pick<TaskView, 'results' | 'moreResults'> {
  let left = largestResults;
  const shown = results.filter((one) => {
    left -= Buffer.byteLength(JSON.stringify(one)) + 1;
    return left >= 0;
  });
  const moreResults = results.length - shown.length;
  return { ...(shown.length === 0 ? {} : { results: shown }), ...(moreResults === 0 ? {} : { moreResults }) };
}

/** Whether there is nothing more to come. */
export const hasEnded = ({ status }: Pick<TaskRecord, 'status'>) => status !== 'Running';
