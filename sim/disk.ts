import { mkdir } from 'node:fs/promises';
import { run } from './engine/run.ts';

/** A disk of its own below a folder. */
export interface SmallDisk {
  readonly dir: string;
  /** From now on nothing can be written to it. */
  makeReadOnly(): Promise<void>;
  remove(): Promise<void>;
}

/** Mounts a disk in memory with so many kilobytes over the folder, which is made. Needs root. */
export async function mountSmallDisk(dir: string, kilobytes: number): Promise<SmallDisk> {
  await mkdir(dir, { recursive: true });
  await run('mount', ['-t', 'tmpfs', '-o', `size=${kilobytes}k,mode=700`, 'edge-sim', dir]);
  return {
    dir,
    makeReadOnly: async () => void (await run('mount', ['-o', 'remount,ro', dir])),
    remove: async () => void (await run('umount', ['-l', dir])),
  };
}
