import { readFile, statfs } from 'node:fs/promises';
import { arch } from 'node:os';
import type { Fact } from './fact.ts';

/** Memory and disks as this container sees them: memory is the host's, a disk is one that something here lies on. */
export interface SystemReading {
  /** As Node names it: x64, arm, arm64. */
  readonly arch: string;
  /** Bytes. */
  readonly memory: { readonly total: number; readonly available: number };
  readonly swap: { readonly total: number; readonly free: number };
  readonly disks: readonly DiskReading[];
}

export interface DiskReading {
  /** The device: `/dev/sda1`. */
  readonly name: string;
  readonly fileSystem: string;
  /** Bytes; `available` is what a user without privileges may still write. */
  readonly total: number;
  readonly available: number;
  /** Whether it spins; absent when the kernel does not say. */
  readonly rotational?: boolean;
}

export const system: Fact<SystemReading> = {
  about: 'Reading memory and disks',
  async read(_, signal) {
    const text = (path: string) => readFile(path, { encoding: 'utf8', signal });
    const [memory, mounts] = await Promise.all([text('/proc/meminfo'), text('/proc/self/mounts')]);
    const bytes = parseMeminfo(memory);
    return {
      arch: arch(),
      memory: { total: bytes('MemTotal'), available: bytes('MemAvailable') },
      swap: { total: bytes('SwapTotal'), free: bytes('SwapFree') },
      disks: (await Promise.all(devicesOf(mounts).map((mount) => readDisk(mount, text)))).filter(
        (disk) => disk !== undefined,
      ),
    };
  },
};

/** Answers with the bytes of an entry of proc(5) meminfo; 0 for one that is not there. */
export function parseMeminfo(text: string): (key: string) => number {
  return (key) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024;
}

interface Mount {
  readonly device: string;
  readonly path: string;
  readonly fileSystem: string;
}

/**
 * The block devices in a mount table, each once. In a container `/etc/hosts` and its like are mounted from the
 * engine's data folder, so the disk that the engine fills is among them.
 */
export function devicesOf(mounts: string): readonly Mount[] {
  const found = new Map<string, Mount>();
  for (const line of mounts.split('\n')) {
    const [device = '', path = '', fileSystem = ''] = line.split(' ');
    if (device.startsWith('/dev/') && !device.startsWith('/dev/loop') && !found.has(device)) {
      // Blanks in a path are written as octal escapes (fstab(5)).
      const plain = path.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
      found.set(device, { device, path: plain, fileSystem });
    }
  }
  return [...found.values()];
}

async function readDisk(mount: Mount, text: (path: string) => Promise<string>): Promise<DiskReading | undefined> {
  // A mount point that is hidden by another, or not ours to see, is no disk we can speak of.
  const space = await statfs(mount.path).catch(() => undefined);
  if (!space) return undefined;
  const { bsize, blocks, bavail } = space;
  const spins = await rotational(mount.device.slice('/dev/'.length), text);
  return {
    name: mount.device,
    fileSystem: mount.fileSystem,
    total: blocks * bsize,
    available: bavail * bsize,
    ...(spins === undefined ? {} : { rotational: spins }),
  };
}

/** A partition has no queue of its own: its disk's is beside it, one folder up. */
async function rotational(device: string, text: (path: string) => Promise<string>): Promise<boolean | undefined> {
  for (const path of [
    `/sys/class/block/${device}/queue/rotational`,
    `/sys/class/block/${device}/../queue/rotational`,
  ]) {
    try {
      return (await text(path)).trim() === '1';
    } catch {
      // Not there: a partition, or a device without a queue.
    }
  }
  return undefined;
}
