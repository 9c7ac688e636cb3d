import { waitFor } from '../../sim/wait.ts';

/** One result of a task: an archive and where it is. */
export interface TaskResult {
  readonly module?: string;
  /** Its URL, when it is in Blob Storage. */
  readonly blob?: string;
  /** Where it lies in the data folder, when it is kept there. */
  readonly kept?: string;
  readonly bytes?: number;
  readonly sha256?: string;
  readonly durable?: boolean;
  readonly error?: string;
}

/** An answer of GetTaskStatus. */
export interface TaskAnswer {
  readonly status: string;
  readonly message: string;
  readonly correlationId: string;
  readonly step?: string;
  readonly partial?: readonly string[];
  readonly results?: readonly TaskResult[];
}

type Invoke = (method: string, payload: object) => Promise<{ readonly status: number; readonly payload: unknown }>;

/** A task of the module as its operator has it in hand. */
export interface Task {
  readonly id: string;
  status(): Promise<TaskAnswer>;
  /** Waits for its end, also while the module is away, and gives the last answer. Limit: 60 s. */
  finished(limitMs?: number): Promise<TaskAnswer>;
  /** Waits for an answer of which this holds. Fails at once when the task ends without. Limit: 20 s. */
  until(what: string, holds: (answer: TaskAnswer) => boolean, limitMs?: number): Promise<TaskAnswer>;
  /** Hands in a fresh SAS, or only nudges. */
  resume(sasUrl?: string): Promise<unknown>;
  cancel(): Promise<unknown>;
}

/** The task that an answer's correlationId names. Throws when the answer is no `Running`; `perhaps` one that has ended will do. */
export function taskOf(answer: unknown, invoke: Invoke, perhaps: 'running' | 'ended' = 'running'): Task {
  const { status: first, correlationId: id } = answer as TaskAnswer;
  if ((first !== 'Running' && perhaps === 'running') || !id)
    throw new Error(`Expected the answer of a running task, got ${JSON.stringify(answer)}.`);
  const call = async (method: string, more: object = {}) => {
    const { status, payload } = await invoke(method, { schemaVersion: '1.0', correlationId: id, ...more });
    if (status !== 200) throw new Error(`${method} was answered with ${status}: ${JSON.stringify(payload)}`);
    return payload;
  };
  const status = async () => (await call('GetTaskStatus')) as TaskAnswer;
  return {
    id,
    status,
    finished: (limitMs = 60_000) => {
      const ended = async () => {
        const now = await status();
        return now.status === 'Running' ? undefined : now;
      };
      return waitFor('the task to end', ended, { limitMs, everyMs: 100 });
    },
    until: async (what, holds, limitMs = 20_000) => {
      const reached = async () => {
        const now = await status();
        return holds(now) || now.status !== 'Running' ? now : undefined;
      };
      const answer = await waitFor(what, reached, { limitMs, everyMs: 25 });
      if (!holds(answer)) throw new Error(`The task ended before ${what}: ${JSON.stringify(answer)}`);
      return answer;
    },
    resume: (sasUrl) => call('ResumeTask', sasUrl === undefined ? {} : { sasUrl }),
    cancel: () => call('CancelTask'),
  };
}
