import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import type { Fact, HostView } from './fact.ts';
import { hostText, hostView } from './host-view.ts';
import { type JournalReading, journalMounts, readJournal } from './journal.ts';
import { type PackagesReading, readDpkgStatus } from './packages.ts';

/** The host's operating system and what is installed on it. */
export interface HostSystemReading {
  readonly os: OsReading;
  /** As `uname -r` prints it. */
  readonly kernel: string;
  /** ISO 8601 in UTC. */
  readonly bootedAt?: string;
  readonly packages: PackagesReading;
  readonly journal: JournalReading;
}

/** Of os-release(5). */
export interface OsReading {
  readonly id: string;
  readonly versionId?: string;
  readonly prettyName?: string;
  readonly variantId?: string;
  readonly buildId?: string;
}

const dpkgStatus = '/var/lib/dpkg/status';

export const hostSystem: Fact<HostSystemReading> = {
  about: "Reading the host's operating system",
  from: 'host',
  mounts: () => ['/etc/os-release', '/usr/lib/os-release', dpkgStatus, ...journalMounts],
  async read(world, signal) {
    const view = hostView(world);
    const osRelease = async () =>
      (await hostText(view, '/etc/os-release', signal)) ?? (await hostText(view, '/usr/lib/os-release', signal)) ?? '';
    const [os, stat, packages, journal] = await Promise.all([
      osRelease(),
      // The kernel is the host's, whoever asks.
      readFile('/proc/stat', { encoding: 'utf8', signal }),
      readPackages(view, signal),
      readJournal(view, signal),
    ]);
    const booted = Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? Number.NaN);
    return {
      os: parseOsRelease(os),
      kernel: release(),
      ...(Number.isNaN(booted) ? {} : { bootedAt: new Date(booted * 1000).toISOString() }),
      packages,
      journal,
    };
  },
};

/** Reads os-release(5): shell assignments, quoted or not. Without an id it is `linux`, as the manual says. */
function parseOsRelease(text: string): OsReading {
  const value = (key: string, name: string) => {
    const raw = new RegExp(`^${key}=(.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
    const plain = raw.replace(/^(["'])(.*)\1$/, '$2').replace(/\\(.)/g, '$1');
    return plain === '' ? {} : { [name]: plain };
  };
  return {
    id: 'linux',
    ...value('ID', 'id'),
    ...value('VERSION_ID', 'versionId'),
    ...value('PRETTY_NAME', 'prettyName'),
    ...value('VARIANT_ID', 'variantId'),
    ...value('BUILD_ID', 'buildId'),
  };
}

async function readPackages(view: HostView, signal: AbortSignal): Promise<PackagesReading> {
  const unknown = `The host has no ${dpkgStatus}: its packages are not Debian's (rpm, snap or an image of its own).`;
  if (view.missing.includes(dpkgStatus)) return { unknown };
  try {
    return await readDpkgStatus(join(view.root, dpkgStatus), signal);
  } catch (error) {
    signal.throwIfAborted();
    const { code } = error as NodeJS.ErrnoException;
    return { unknown: code === 'ENOENT' ? unknown : `${dpkgStatus} could not be read: ${messageOf(error)}` };
  }
}
