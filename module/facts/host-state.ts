import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Fact } from './fact.ts';
import { diskPaths } from './host-disks.ts';
import { type ProcessReading, readProcesses } from './host-processes.ts';
import { deviceOf, hostText, hostView } from './host-view.ts';

/** How the host is doing: what an engineer would look at first after logging in. Texts are as the kernel has them. */
export interface HostStateReading {
  readonly osRelease: string;
  readonly uptime: string;
  readonly loadAverage: string;
  readonly memory: string;
  /** Pressure stall information: how much time was lost waiting for cpu, memory and io; empty on an older kernel. */
  readonly pressure: string;
  /** Of what IoT Edge, the engine and the journal keep: the file systems on which it lies, as /proc/self/mountinfo has them. */
  readonly mounts: string;
  readonly interfaces: string;
  readonly routes: string;
  readonly neighbours: string;
  readonly resolver: string;
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /** Those that take most memory first. */
  readonly processes: readonly ProcessReading[];
}

export const hostState: Fact<HostStateReading> = {
  about: 'Reading how the host is doing',
  from: 'host',
  hostProcesses: true,
  mounts: (device) => ['/etc/os-release', '/etc/resolv.conf', ...diskPaths(device)],
  async read(world, signal) {
    const view = hostView(world);
    const proc = (path: string) => readFile(join('/proc', path), { encoding: 'utf8', signal }).catch(() => '');
    const [osRelease = '', resolver = ''] = [
      await hostText(view, '/etc/os-release', signal),
      await hostText(view, '/etc/resolv.conf', signal),
    ];
    const pressures = ['cpu', 'memory', 'io'].map(async (kind) => titled(kind, await proc(`pressure/${kind}`)));
    const mounts = await proc('self/mountinfo');
    const addresses = Object.entries(networkInterfaces()).map(
      ([name, own = []]) => [name, own.map(({ cidr, address }) => cidr ?? address)] as const,
    );
    return {
      osRelease,
      uptime: await proc('uptime'),
      loadAverage: await proc('loadavg'),
      memory: await proc('meminfo'),
      pressure: (await Promise.all(pressures)).join(''),
      mounts: ownMounts(mounts, view.root, diskPaths(deviceOf(view))),
      interfaces: await proc('net/dev'),
      routes: await proc('net/route'),
      neighbours: await proc('net/arp'),
      resolver,
      addresses: Object.fromEntries(addresses),
      processes: await readProcesses('/proc', signal),
    };
  },
};

const titled = (title: string, text: string) => (text === '' ? '' : `${title}\n${text}`);

/** The mounts of these paths below the folder in which the host is seen, called by the device's paths. */
function ownMounts(mountinfo: string, root: string, paths: readonly string[]): string {
  const lines = mountinfo.split('\n').flatMap((line) => {
    // ID, parent, device, root within the file system, mount point, options …
    const [id, parent, device, within, point = '', ...rest] = line.split(' ');
    const path = point.slice(root.length);
    if (!point.startsWith(`${root}/`) || !paths.includes(path)) return [];
    return [[id, parent, device, within, path, ...rest].join(' ')];
  });
  return lines.map((line) => `${line}\n`).join('');
}
