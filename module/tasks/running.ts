import { within } from '../base/time.ts';
import { createDeadline } from './deadline.ts';
import type { Lane } from './lanes.ts';
import { hasEnded, type TaskRecord } from './record.ts';
import type { TaskContext } from './task.ts';

/**
 * After the deadline has asked for an early end, so long until collecting counts as hung. Without room on the disk it
 * goes at the pace of the link: a block of 4 MB must get through.
 */
const graceMs = 300_000;

/** A task while this process works on it. */
export interface Running {
  readonly context: TaskContext;
  /** Ends the work; the reason is what its waits reject with. */
  abort(reason: Error): void;
  /** Hands in a fresh SAS, where there is one, and wakes whoever waits for storage. */
  nudge(sasUrl?: string): void;
}

export interface RunningParts {
  readonly record: TaskRecord;
  readonly sasUrl?: string | undefined;
  readonly lane: Lane;
  /** Writes the record down; the promise resolves when it is on disk, or cannot be. */
  save(): Promise<void>;
  /** Something that GetTaskStatus shows has changed. */
  changed(): void;
  /** Takes secrets out of what the work says. */
  clean(value: unknown): unknown;
  /** How long collecting may go on behind its deadline; milliseconds. */
  readonly graceMs?: number | undefined;
}

/** What the work of one task is handed, over its record. What the work does after the task's end changes nothing. */
export function createRunning(parts: RunningParts): Running {
  const { record, lane, clean } = parts;
  const ending = new AbortController();
  const deadline = createDeadline(record.timeoutSecs * 1000);
  let { sasUrl } = parts;
  let nudged = Promise.withResolvers<void>();
  let collecting = 0;

  const change = (patch: Partial<TaskRecord>): boolean => {
    if (hasEnded(record)) return false;
    Object.assign(record, patch);
    parts.changed();
    return true;
  };
  const write = async (patch: Partial<TaskRecord>) => {
    if (change(patch)) await parts.save();
  };
  const partial = (reason: string) => {
    const text = String(clean(reason));
    if (!record.partial.includes(text)) change({ partial: [...record.partial, text] });
  };
  deadline.signal.addEventListener('abort', () => partial((deadline.signal.reason as Error).message));

  const context: TaskContext = {
    id: record.id,
    startedAt: new Date(record.createdAt),
    signal: ending.signal,
    late: () => deadline.signal.aborted,
    async collect(work) {
      if (lane.full()) change({ step: 'waiting until another task has ended', percent: undefined });
      await lane.enter(ending.signal);
      collecting += 1;
      deadline.run();
      try {
        if (collecting === 1) await write({ collecting: true });
        const limitMs = deadline.left() + (parts.graceMs ?? graceMs);
        return await within(limitMs, `Task ${record.operation}`, () => work(deadline.signal), ending.signal);
      } finally {
        deadline.rest();
        lane.leave();
        collecting -= 1;
        if (collecting === 0) await write({ collecting: false });
      }
    },
    // A new step begins without the percentage of the one before.
    progress: ({ step, percent, bytes }) =>
      void change({
        ...(step === undefined ? {} : { step: String(clean(step)), percent: undefined }),
        ...(percent === undefined ? {} : { percent }),
        ...(bytes === undefined ? {} : { bytes }),
      }),
    result: (entry) => void change({ results: [...record.results, clean(entry) as object] }),
    partial,
    note: (facts) => write({ notes: { ...record.notes, ...facts } }),
    sasUrl: () => sasUrl,
    nudged: () => nudged.promise,
  };
  return {
    context,
    abort: (reason) => ending.abort(reason),
    nudge(fresh) {
      sasUrl = fresh ?? sasUrl;
      const before = nudged;
      nudged = Promise.withResolvers<void>();
      before.resolve();
    },
  };
}
