import { constants } from 'node:fs';
import { lstat, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Empties the json-file log of a container in the engine's folder of it: rotated files are taken away, and the current one
 * is cut to nothing. The engine appends to it, as long as it has never rotated it: the file that comes of a rotation is opened
 * otherwise, and the engine would go on behind a hole of zeros as long as what was cut (moby, `loggerutils/logfile.go`). Where
 * logs are rotated the current file therefore stays (`keepCurrent`). Resolves with what is gone; bytes and files. Rejects with
 * the file system's error.
 */
export async function emptyLog({
  folder,
  containerId,
  keepCurrent,
}: {
  readonly folder: string;
  readonly containerId: string;
  readonly keepCurrent: boolean;
}): Promise<{ readonly files: number; readonly bytes: number }> {
  if (!/^[0-9a-f]{64}$/.test(containerId)) throw new Error('This is no id of a container.');
  const current = `${containerId}-json.log`;
  const rotated = new RegExp(`^${containerId}-json\\.log\\.\\d+(?:\\.gz)?$`);
  const names = await readdir(folder);
  let files = 0;
  let bytes = 0;
  for (const name of names.filter((one) => (one === current && !keepCurrent) || rotated.test(one))) {
    const path = join(folder, name);
    const found = await lstat(path).catch(() => undefined);
    // Rotated away meanwhile, or nothing of the engine's.
    if (!found?.isFile()) continue;
    if (name === current) await cut(path);
    else await rm(path, { force: true });
    files += 1;
    bytes += found.size;
  }
  return { files, bytes };
}

async function cut(path: string): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    await file.truncate(0);
  } finally {
    await file.close();
  }
}
