import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '../base/parallel.ts';

/** What the engine's own files of one container's log take. Times in milliseconds since 1970. */
export interface ContainerLogReading {
  readonly containerId: string;
  readonly bytes: number;
  readonly files: number;
  /** From when the oldest line on the disk is, as far as it can be told; absent when it cannot. */
  readonly first?: number;
  /** When the log was last written to. */
  readonly last: number;
}

interface LogFile {
  readonly path: string;
  readonly bytes: number;
  readonly born: number;
  readonly written: number;
}

/** Looks at every container's log files under the engine's folder `containers`; those removed meanwhile are left out. */
export async function readContainerLogs(folder: string, signal: AbortSignal): Promise<readonly ContainerLogReading[]> {
  const found: ContainerLogReading[] = [];
  await inParallel(8, await readdir(folder), async (id) => {
    signal.throwIfAborted();
    if (!/^[0-9a-f]{64}$/.test(id)) return;
    const files = [
      ...(await filesIn(join(folder, id), (name) => name.startsWith(`${id}-json.log`))),
      ...(await filesIn(join(folder, id, 'local-logs'), () => true)),
    ];
    if (files.length === 0) return;
    const first = await firstTime(files);
    found.push({
      containerId: id,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      files: files.length,
      ...(first === undefined ? {} : { first }),
      last: Math.round(Math.max(...files.map(({ written }) => written))),
    });
  });
  return found.sort((a, b) => b.bytes - a.bytes);
}

async function filesIn(folder: string, matches: (name: string) => boolean): Promise<readonly LogFile[]> {
  const names = (await readdir(folder).catch(() => [])).filter(matches);
  const read = names.map(async (name) => {
    const path = join(folder, name);
    const file = await stat(path).catch(() => undefined);
    if (!file?.isFile()) return [];
    return [{ path, bytes: file.size, born: file.birthtimeMs, written: file.mtimeMs }];
  });
  return (await Promise.all(read)).flat();
}

/** A log in one file may have been truncated since it was made: there its first line counts. */
async function firstTime(files: readonly LogFile[]): Promise<number | undefined> {
  const [only] = files;
  const line = only && files.length === 1 ? await timeOfFirstLine(only.path) : undefined;
  // A file system that does not keep the time of birth gives 0.
  const born = files.map((file) => file.born).filter((time) => time > 0);
  return line ?? (born.length > 0 ? Math.round(Math.min(...born)) : undefined);
}

/** Of a json-file's first line only the time is kept, which stands at its end. */
async function timeOfFirstLine(path: string): Promise<number | undefined> {
  try {
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, 0);
    const line = buffer.subarray(0, bytesRead).toString().split('\n', 1)[0] ?? '';
    const time = Date.parse(/"time":"([^"]+)"\}$/.exec(line)?.[1] ?? '');
    return Number.isNaN(time) ? undefined : time;
  } catch {
    return undefined;
  }
}
