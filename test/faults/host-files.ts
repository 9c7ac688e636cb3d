import { readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CompleteEdge, Undo } from './state.ts';

/**
 * Changes a text file of the device's host, in place, so that owner and mode stay. The modification time stays too:
 * others judge by it.
 */
export async function edit(edge: CompleteEdge, path: string, change: (text: string) => string): Promise<Undo> {
  const file = join(edge.host.hostRoot, path);
  const { mtime } = await stat(file);
  const before = await readFile(file, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`The change of ${path} changed nothing.`);
  const write = async (text: string) => {
    await writeFile(file, text);
    await utimes(file, mtime, mtime);
  };
  await write(after);
  return () => write(before);
}

/** Takes a file or folder away. */
export async function hide(edge: CompleteEdge, path: string): Promise<Undo> {
  const [there, away] = [join(edge.host.hostRoot, path), join(edge.host.hostRoot, `${path}.hidden`)];
  await rename(there, away);
  return () => rename(away, there);
}

/** Gives a file of the host a modification time. */
export async function touch(edge: CompleteEdge, path: string, at: Date): Promise<Undo> {
  const file = join(edge.host.hostRoot, path);
  const { mtime } = await stat(file);
  await utimes(file, at, at);
  return () => utimes(file, mtime, mtime);
}
