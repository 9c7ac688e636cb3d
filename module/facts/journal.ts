import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostView } from './fact.ts';
import { hostText } from './host-view.ts';

/** Where the journal is kept: on the disk, in memory (lost with a restart), or nowhere. */
export type JournalReading = 'persistent' | 'volatile' | 'none';

const configs = ['/usr/lib/systemd/journald.conf', '/etc/systemd/journald.conf'] as const;
const onDisk = '/var/log/journal';
const inMemory = '/run/log/journal';

/** The device's files and folders that are looked at. */
export const journalMounts: readonly string[] = [...configs, ...configs.map((path) => `${path}.d`), onDisk, inMemory];

/** What `Storage=` and the folders make of it (journald.conf(5)): `auto`, the default, needs the folder on the disk. */
export async function readJournal(view: HostView, signal: AbortSignal): Promise<JournalReading> {
  const [disk, memory, storage] = await Promise.all([
    exists(view, onDisk),
    exists(view, inMemory),
    readStorage(view, signal),
  ]);
  if (storage === 'none') return 'none';
  if (storage === 'persistent') return 'persistent';
  if (storage !== 'volatile' && disk) return 'persistent';
  return memory || storage === 'volatile' ? 'volatile' : 'none';
}

async function exists(view: HostView, path: string): Promise<boolean> {
  if (view.missing.includes(path)) return false;
  return access(join(view.root, path)).then(
    () => true,
    () => false,
  );
}

async function readStorage(view: HostView, signal: AbortSignal): Promise<string> {
  let storage = 'auto';
  for (const path of [...configs, ...(await dropIns(view))]) {
    for (const line of (await hostText(view, path, signal))?.split('\n') ?? []) {
      const value = /^\s*Storage\s*=\s*(\w*)\s*$/.exec(line)?.[1];
      if (value !== undefined) storage = value.toLowerCase() || 'auto';
    }
  }
  return storage;
}

/** Drop-ins in the order of their names, whatever their folder; that under /etc replaces one of the same name. */
async function dropIns(view: HostView): Promise<readonly string[]> {
  const byName = new Map<string, string>();
  for (const folder of configs.map((path) => `${path}.d`)) {
    const names = await readdir(join(view.root, folder)).catch(() => []);
    for (const name of names) if (name.endsWith('.conf')) byName.set(name, `${folder}/${name}`);
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}
