import { readdir, readFile } from 'node:fs/promises';
import { constants, setPriority } from 'node:os';

/**
 * Lets the work of Node's thread pool, which compresses and reads files, go behind whatever else the device has to do. The
 * thread that answers calls keeps its priority. Linux has a priority for each thread (setpriority(2)); it cannot be raised
 * again, which nothing needs. Where it cannot be done, nothing changes.
 */
export async function lowerPool(): Promise<void> {
  const tasks = '/proc/self/task';
  const threads = await readdir(tasks).catch(() => []);
  for (const thread of threads) {
    const name = await readFile(`${tasks}/${thread}/comm`, 'utf8').catch(() => '');
    if (!/^libuv-worker/.test(name)) continue;
    try {
      setPriority(Number(thread), constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It ended, or it may not be done.
    }
  }
}
