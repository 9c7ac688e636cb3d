import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** One file of a log, open. */
export interface Segment {
  readonly name: string;
  readonly handle: FileHandle;
  /** Bytes when it was opened; what is written later is not part of this reading. */
  readonly size: number;
  readonly gzip: boolean;
  readonly inode: number;
}

const attempts = 5;

/**
 * Opens a log's files, oldest first: `path.N` or `path.N.gz` for N below `maxFiles`, then `path`. What was rotated while
 * they were being opened is opened again, so that no part is missing or there twice; later rotations do not matter,
 * since open files stay what they are. Rejects with the file system's error.
 */
export async function openSegments(path: string, maxFiles: number): Promise<readonly Segment[]> {
  for (let attempt = 1; ; attempt += 1) {
    const segments: Segment[] = [];
    try {
      for (const name of await names(path, maxFiles)) segments.push(await openSegment(join(dirname(path), name)));
      if (await unchanged(path, maxFiles, segments)) return segments;
    } catch (error) {
      await closeSegments(segments);
      if (attempt === attempts || (error as { code?: unknown }).code !== 'ENOENT') throw error;
      continue;
    }
    await closeSegments(segments);
    if (attempt === attempts) throw new Error(`${basename(path)} is rotated faster than it can be opened`);
  }
}

/** Closes all of them, whatever happens. */
export async function closeSegments(segments: readonly Segment[]): Promise<void> {
  await Promise.allSettled(segments.map(({ handle }) => handle.close()));
}

/** The file names of the log, oldest first. While the engine compresses one, it is there in both forms. */
async function names(path: string, maxFiles: number): Promise<readonly string[]> {
  const own = basename(path);
  const there = new Set(await readdir(dirname(path)));
  if (!there.has(own)) throw Object.assign(new Error(`there is no ${own}`), { code: 'ENOENT' });
  const rotated: string[] = [];
  for (let number = maxFiles - 1; number > 0; number -= 1) {
    const plain = `${own}.${number}`;
    const name = there.has(plain) ? plain : `${plain}.gz`;
    if (there.has(name)) rotated.push(name);
  }
  return [...rotated, own];
}

async function openSegment(path: string): Promise<Segment> {
  const handle = await open(path, 'r');
  try {
    const { size, ino } = await handle.stat();
    return { name: basename(path), handle, size, gzip: path.endsWith('.gz'), inode: ino };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function unchanged(path: string, maxFiles: number, segments: readonly Segment[]): Promise<boolean> {
  const now = await names(path, maxFiles);
  if (now.join() !== segments.map(({ name }) => name).join()) return false;
  const inodes = await Promise.all(now.map(async (name) => (await stat(join(dirname(path), name))).ino));
  return inodes.every((inode, index) => inode === segments[index]?.inode);
}
