import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What lies in a folder. */
export interface FolderSize {
  /** As the files say, not as the disk has them. */
  readonly bytes: number;
  readonly files: number;
  /** There is more: so many files were counted and no further. */
  readonly cut?: true;
}

/** Far more than a store of edgeHub or edgeAgent has, and counted in a second or two on slow flash. */
const mostFiles = 20_000;

/** Adds up a folder and those below it; links are not followed. What vanishes meanwhile is left out. */
export async function folderSize(folder: string, signal: AbortSignal): Promise<FolderSize> {
  const waiting = [folder];
  let [bytes, files] = [0, 0];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const entry of await readdir(next, { withFileTypes: true }).catch((): Dirent[] => [])) {
      signal.throwIfAborted();
      const path = join(next, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      if (!entry.isFile()) continue;
      if (files === mostFiles) return { bytes, files, cut: true };
      files += 1;
      bytes += (await lstat(path).catch(() => undefined))?.size ?? 0;
    }
  }
  return { bytes, files };
}
