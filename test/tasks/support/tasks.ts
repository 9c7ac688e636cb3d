import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSealer } from '../../../module/tasks/seal.ts';
import { openTaskStore } from '../../../module/tasks/store.ts';
import type { TaskContext, TaskKind } from '../../../module/tasks/task.ts';
import { createTasks, type Tasks, type TasksParts } from '../../../module/tasks/tasks.ts';
import { memoryLog } from '../../support/services.ts';

const folders: string[] = [];

/** A new folder that `removeFolders` takes away. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tasks-'));
  folders.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export interface TestTasks {
  readonly tasks: Tasks;
  readonly log: ReturnType<typeof memoryLog>;
  readonly discarded: string[];
  readonly remembered: string[];
  /** Tasks whose archives are said to be kept. */
  readonly keeping: Set<string>;
  changes: number;
}

/** Tasks in a folder as one start of a module has them; a second call on the folder is the next start. */
export function tasksIn(
  folder: string,
  kinds: readonly TaskKind[],
  more: Partial<
    Pick<TasksParts, 'clean' | 'graceMs' | 'sealer' | 'now' | 'sealAgainMs' | 'discard' | 'counted' | 'ended'>
  > = {},
): TestTasks {
  const log = memoryLog();
  const shown: Omit<TestTasks, 'tasks'> = { log, discarded: [], remembered: [], keeping: new Set(), changes: 0 };
  const tasks = createTasks({
    kinds: () => kinds,
    store: openTaskStore(folder, log),
    sealer: createSealer(async () => Buffer.from('a secret of the device')),
    clean: (value) => value,
    log,
    now: () => new Date(),
    discard: async (id) => void shown.discarded.push(id),
    keeps: async (id) => shown.keeping.has(id),
    remember: (sasUrl) => void shown.remembered.push(sasUrl),
    changed: () => {
      shown.changes += 1;
    },
    ...more,
  });
  return Object.assign(shown, { tasks });
}

/** A kind whose work is this. */
export function kind(
  work: (context: TaskContext, request: unknown) => Promise<void>,
  more: Partial<TaskKind> = {},
): TaskKind {
  return { method: 'Upload', operation: 'upload', work: (request, context) => work(context, request), ...more };
}

export const ask = (request: unknown = {}, timeoutSecs = 60) => ({ method: 'Upload', request, timeoutSecs });

/** Lets everything that needs no time happen, the journal's writes included. */
export async function settle(ms = 30): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
