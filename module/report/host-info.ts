import type { CheckRun } from '../checks/run.ts';
import { valueOf } from '../facts/fact.ts';
import type { DiskReading, SystemReading } from '../facts/system.ts';

/**
 * The `additional_info` at the head of a run, as `iotedge check` has it. The operating system is the host's, from
 * its own os-release or, without access to the host, as the engine tells it; null where nothing was read.
 */
export function hostInfo({ startedAt, readings }: CheckRun): Readonly<Record<string, unknown>> {
  const engine = readings.engineVersion && valueOf(readings.engineVersion);
  const host = readings.engineInfo && valueOf(readings.engineInfo);
  const system = readings.system && valueOf(readings.system);
  const os = readings.hostSystem && valueOf(readings.hostSystem)?.os;
  const management = readings.management && valueOf(readings.management);
  return {
    docker_version: (engine && 'version' in engine ? engine.version.version : host?.serverVersion) ?? null,
    aziot_edged_version: management?.version ?? null,
    now: startedAt.toISOString(),
    os: {
      id: os?.id ?? (host ? osId(host.operatingSystem) : null),
      version_id: (os ? os.versionId : host?.osVersion) || null,
      arch: system ? rustArch(system.arch) : null,
      bitness: system ? (/64/.test(system.arch) ? 64 : 32) : null,
    },
    system_info: system ? systemInfo(system) : null,
  };
}

function systemInfo({ memory, swap, disks }: SystemReading): Readonly<Record<string, unknown>> {
  return {
    used_ram: size(memory.total - memory.available),
    total_ram: size(memory.total),
    used_swap: size(swap.total - swap.free),
    total_swap: size(swap.total),
    disks: disks.map(diskInfo),
  };
}

function diskInfo({ name, total, available, fileSystem, rotational }: DiskReading): Readonly<Record<string, string>> {
  return {
    name,
    percent_free: `${((available / total) * 100).toFixed(1)}%`,
    available_space: size(available),
    total_space: size(total),
    file_system: fileSystem,
    file_type: rotational === undefined ? 'Unknown(-1)' : rotational ? 'HDD' : 'SSD',
  };
}

/** Bytes as the crate byte-unit prints them: `1.82 GiB`, `512 B`. */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return power === 0 ? `${bytes} B` : `${(bytes / 1024 ** power).toFixed(2)} ${units[power]}`;
}

/** `std::env::consts::ARCH` of Rust for an architecture as Node names it. */
function rustArch(arch: string): string {
  const names: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', ia32: 'x86' };
  return names[arch] ?? arch;
}

/** The `ID` of os-release(5) of the systems that IoT Edge is installed on, by the beginning of their pretty name. */
const osIds: readonly (readonly [start: string, id: string])[] = [
  ['ubuntu core', 'ubuntu-core'],
  ['ubuntu', 'ubuntu'],
  ['debian', 'debian'],
  ['raspbian', 'raspbian'],
  ['red hat enterprise linux', 'rhel'],
  ['centos', 'centos'],
  ['common base linux mariner', 'mariner'],
  ['cbl-mariner', 'mariner'],
  ['microsoft azure linux', 'azurelinux'],
  ['alpine', 'alpine'],
  ['fedora', 'fedora'],
  ['opensuse leap', 'opensuse-leap'],
  ['suse linux enterprise server', 'sles'],
];

function osId(prettyName: string): string | null {
  const name = prettyName.toLowerCase();
  return osIds.find(([start]) => name.startsWith(start))?.[1] ?? null;
}
