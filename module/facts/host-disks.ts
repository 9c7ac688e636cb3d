import { stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { type ContainerLogReading, readContainerLogs } from './container-logs.ts';
import { type Fact, type HostView, type KnownDevice, Unavailable } from './fact.ts';
import { type FolderSize, folderSize } from './folder-size.ts';
import { deviceOf, hostView } from './host-view.ts';

/** The room on the file systems that IoT Edge fills, and what the containers' logs take. */
export interface HostDisksReading {
  readonly fileSystems: readonly FileSystemReading[];
  /** The largest first. */
  readonly logs: readonly ContainerLogReading[];
  /** The folder in which they lie; one of the `paths` above. */
  readonly logFolder: string;
  /** Why the logs could not be looked at. */
  readonly logsProblem?: string;
  /** What edgeAgent and edgeHub have stored, by the host's folder. */
  readonly stores: Readonly<Record<string, FolderSize>>;
}

export interface FileSystemReading {
  /** Device paths that lie on it. */
  readonly paths: readonly string[];
  /** Bytes; `available` is what a user without privileges may still write. */
  readonly total: number;
  readonly available: number;
  /** 0 for both where the file system has no fixed number (btrfs). */
  readonly inodes: number;
  readonly freeInodes: number;
}

const logFolderOf = ({ engineRoot }: KnownDevice) => `${engineRoot}/containers`;

/** Whose file systems are looked at; keyd's folder is not among them. */
export const diskPaths = (device: KnownDevice) => [
  ...new Set([logFolderOf(device), ...device.storageFolders, '/var/lib/aziot/edged', '/var/log']),
];

export const hostDisks: Fact<HostDisksReading> = {
  about: "Reading the room on the host's disks",
  from: 'host',
  mounts: diskPaths,
  async read(world, signal) {
    const view = hostView(world);
    const device = deviceOf(view);
    const logFolder = logFolderOf(device);
    const fileSystems = await readFileSystems(view, diskPaths(device));
    if (fileSystems.length === 0) {
      throw new Unavailable('mount-missing', `The host has none of ${diskPaths(device).join(', ')}.`);
    }
    const stores: Record<string, FolderSize> = {};
    for (const path of device.storageFolders.filter((one) => !view.missing.includes(one))) {
      stores[path] = await folderSize(join(view.root, path), signal);
    }
    try {
      return { fileSystems, stores, logs: await readContainerLogs(join(view.root, logFolder), signal), logFolder };
    } catch (error) {
      signal.throwIfAborted();
      return { fileSystems, stores, logs: [], logFolder, logsProblem: messageOf(error) };
    }
  },
};

/** The file systems of these paths, each once; paths that are not there are left out. */
async function readFileSystems(view: HostView, paths: readonly string[]): Promise<readonly FileSystemReading[]> {
  const byDevice = new Map<number, { -readonly [K in keyof FileSystemReading]: FileSystemReading[K] }>();
  for (const path of paths.filter((one) => !view.missing.includes(one))) {
    const here = join(view.root, path);
    try {
      const { dev } = await stat(here);
      const known = byDevice.get(dev);
      if (known) {
        known.paths = [...known.paths, path];
        continue;
      }
      const { bsize, blocks, bavail, files, ffree } = await statfs(here);
      const space = { total: blocks * bsize, available: bavail * bsize, inodes: files, freeInodes: ffree };
      byDevice.set(dev, { paths: [path], ...space });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return [...byDevice.values()];
}
