import { randomUUID } from 'node:crypto';
import { isAbort, messageOf, SupportError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { stopwatch, within } from '../base/time.ts';

/** edgeAgent's states on the wire; a task that nobody knows is Unknown. */
export type TaskStatus = 'Running' | 'Completed' | 'Failed' | 'Cancelled' | 'Unknown';

/** The answer about a task. The first three fields, in this order, are edgeAgent's; the others are ours. */
export interface TaskView {
  readonly status: TaskStatus;
  readonly message: string;
  readonly correlationId: string;
  /** What the task is doing, while it runs. */
  readonly step?: string;
  readonly seconds?: number;
  /** One entry a module or file, as the work reported them. */
  readonly results?: readonly object[];
}

/** What the work of a task is handed. */
export interface TaskContext {
  /** Aborts at the task's deadline, on cancellation and when the module stops. */
  readonly signal: AbortSignal;
  step(text: string): void;
  result(entry: object): void;
}

export interface Tasks {
  /** Starts work in the background and answers at once. */
  start(operation: string, timeoutSecs: number, work: (context: TaskContext) => Promise<void>): TaskView;
  status(id: string): TaskView;
  /** Cancels what runs and waits until it has ended, at most `ms` milliseconds. */
  stop(ms: number): Promise<void>;
}

interface Task {
  readonly id: string;
  readonly operation: string;
  readonly elapsed: () => number;
  readonly results: object[];
  status: TaskStatus;
  message: string;
  step: string;
  seconds?: number;
}

/** So many tasks work at a time; an upload holds some 10 MB for each module it is reading. */
const atATime = 2;

/** Ended tasks beyond the newest 200 are forgotten. */
const kept = 200;

/**
 * Tasks of this process. `clean` takes secrets out of messages before anyone can ask for them. `log` gets a line when a
 * task ends: nobody may ask for its status, and what is remembered here does not survive a restart.
 */
export function createTasks(clean: (text: string) => string, log?: Pick<Log, 'info' | 'warning'>): Tasks {
  const tasks = new Map<string, Task>();
  const running = new Map<string, Promise<void>>();
  const stopping = new AbortController();
  const lanes = createLanes(atATime);

  const run = async (task: Task, timeoutSecs: number, work: (context: TaskContext) => Promise<void>) => {
    const context = (signal: AbortSignal): TaskContext => ({
      signal,
      step: (text) => {
        task.step = text;
      },
      result: (entry) => {
        task.results.push(entry);
      },
    });
    if (!lanes.enter()) {
      task.step = 'waiting until another task has ended';
      await lanes.turn();
      task.step = '';
    }
    try {
      await within(timeoutSecs * 1000, `Task ${task.operation}`, (signal) => work(context(signal)), stopping.signal);
      task.status = 'Completed';
    } catch (error) {
      task.status = stopping.signal.aborted || isAbort(error) ? 'Cancelled' : 'Failed';
      if (task.status === 'Failed') task.message = clean(failureMessage(task.operation, error));
    }
    task.seconds = task.elapsed();
    task.step = '';
    lanes.leave();
    const line = `[Task] ${task.operation} ${task.id}: ${task.status} after ${task.seconds} s.`;
    if (task.status === 'Failed') log?.warning(`${line} ${task.message}`);
    else log?.info(line);
  };

  return {
    start(operation, timeoutSecs, work) {
      stopping.signal.throwIfAborted();
      const task: Task = {
        id: randomUUID(),
        operation,
        elapsed: stopwatch(),
        results: [],
        status: 'Running',
        message: '',
        step: '',
      };
      for (const id of [...tasks.keys()]
        .filter((one) => !running.has(one))
        .slice(0, Math.max(0, tasks.size + 1 - kept))) {
        tasks.delete(id);
      }
      tasks.set(task.id, task);
      running.set(
        task.id,
        run(task, timeoutSecs, work).finally(() => running.delete(task.id)),
      );
      return { status: 'Running', message: '', correlationId: task.id };
    },

    status(id) {
      const task = tasks.get(id);
      if (!task) return { status: 'Unknown', message: '', correlationId: id };
      return {
        status: task.status,
        message: task.message,
        correlationId: id,
        ...(task.step === '' ? {} : { step: task.step }),
        ...(task.results.length === 0 ? {} : { results: task.results }),
        seconds: task.seconds ?? task.elapsed(),
      };
    },

    async stop(ms) {
      stopping.abort(new SupportError('unavailable', 'The module is stopping.'));
      await within(ms, 'Ending the running tasks', async () => {
        await Promise.allSettled(running.values());
      }).catch(() => undefined);
    },
  };
}

/** A queue before `count` lanes: who cannot `enter` waits for his `turn`; whoever got in must `leave`. */
function createLanes(count: number): { enter(): boolean; turn(): Promise<void>; leave(): void } {
  const queue: (() => void)[] = [];
  let free = count;
  return {
    enter: () => free > 0 && free-- > 0,
    turn: () => new Promise((resolve) => queue.push(resolve)),
    leave: () => {
      const next = queue.shift();
      if (next) next();
      else free += 1;
    },
  };
}

/** edgeAgent's message of a failed task. */
export function failureMessage(operation: string, error: unknown): string {
  const text = error === null || error === undefined ? '' : messageOf(error);
  return text === '' ? `Task ${operation} failed with no error` : `Task ${operation} failed because of error ${text}`;
}
