import { posix } from 'node:path';
import type { EdgeContainer, EdgeMount } from '../facts/edge-containers.ts';
import type { Reading } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';
import { skippedFor, type Verdict } from './check.ts';

/** Judges whether a runtime module's storage directory outlives its container (storage_mounted_from_host.rs). */
export function judgeStorage(module: 'edgeAgent' | 'edgeHub', reading: Reading<Facts['edgeContainers']>): Verdict {
  if ('unavailable' in reading) return skippedFor(reading);
  const container = reading.value.containers.find(({ name }) => name === module);
  if (!container) return judgeAbsent(module, reading.value);
  const directory = posix.join(container.storageFolder ?? '/tmp', module);
  const directories = [...container.mounts.map(({ destination }) => destination), ...container.volumes];
  const info = { storage_directory: directory, container_directories: directories };
  if (!directories.some((parent) => holds(parent, directory))) {
    const details = [
      `The ${module} module is not configured to persist its ${directory} directory on the host filesystem.\n` +
        'Data might be lost if the module is deleted or updated.\n' +
        'Please see https://aka.ms/iotedge-storage-host for best practices.',
    ];
    return { status: 'warning', details, fix: fix(module), info };
  }
  const lost = whyLost(container, directory);
  if (lost === undefined) return { status: 'ok', info };
  const first = `The ${module} module keeps its ${directory} directory ${lost}.`;
  const details = [`${first}\nData might be lost if the module is deleted or updated.`];
  return { status: 'warning', details, fix: fix(module), info, iotedgeCheck: 'ok' };
}

function fix(module: string): string {
  return (
    `Bind a directory of the host into ${module} (HostConfig.Binds in its createOptions, for example ` +
    '"/iotedge/storage:/iotedge/storage") and set its environment variable storageFolder to it.'
  );
}

function judgeAbsent(module: string, { unreadable }: Facts['edgeContainers']): Verdict {
  const first = `Could not check current state of ${module} container`;
  const failure = unreadable.find(({ name }) => name === module);
  if (failure) {
    return {
      status: 'failed',
      details: [first, failure.why],
      fix: 'See whether the container engine works as it should.',
    };
  }
  return {
    status: 'warning',
    details: [first, `There is no container ${module}: it is not created yet.`],
    fix: 'On a new device wait for the first deployment. Otherwise see why edgeAgent does not create it: its log says so.',
    info: { storage_directory: null, container_directories: null },
    iotedgeCheck: 'error',
  };
}

/** Whether a directory lies in another, by whole names: `/dat` does not hold `/data`. */
function holds(parent: string, directory: string): boolean {
  const above = posix.normalize(`${parent}/`);
  return `${directory}/`.startsWith(above);
}

/** Why what is mounted at the directory goes with the container all the same, in words that follow "keeps it". */
function whyLost({ mounts }: EdgeContainer, directory: string): string | undefined {
  const mount = mounts
    .filter(({ destination }) => holds(destination, directory))
    .reduce<EdgeMount | undefined>(
      (best, next) => (best && best.destination.length >= next.destination.length ? best : next),
      undefined,
    );
  if (mount === undefined) return 'in a volume without a name, which a new container does not get again';
  if (mount.type === 'tmpfs') return 'in memory (tmpfs)';
  const unnamed = mount.type === 'volume' && /^[0-9a-f]{64}$/.test(mount.volume ?? '');
  return unnamed ? 'in a volume without a name, which a new container does not get again' : undefined;
}
