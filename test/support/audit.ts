import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditEntry } from '../../module/methods/audit.ts';
import { waitFor } from '../../sim/wait.ts';

/** How a task ended, by the audit journal of a module with this data folder: one outcome, when all is well. */
export function auditedEnds(dataDir: string, task: string): Promise<readonly string[]> {
  const read = async () => {
    const lines = (await readFile(join(dataDir, 'audit.jsonl'), 'utf8')).split('\n').filter((line) => line !== '');
    const entries = lines.map((line) => JSON.parse(line) as AuditEntry);
    // The end of a task has no status: that is the call's.
    const ends = entries.filter((entry) => entry.task === task && entry.status === undefined);
    return ends.length === 0 ? undefined : ends.map(({ outcome }) => outcome);
  };
  return waitFor('the end of the task in the audit journal', read, { limitMs: 5000, everyMs: 50 });
}
