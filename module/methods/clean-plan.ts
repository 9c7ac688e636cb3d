import { posix } from 'node:path';
import { SupportError } from '../base/errors.ts';
import type { ContainerInspect } from '../docker/docker.ts';
import type { EdgeContainer } from '../facts/edge-containers.ts';
import { type LogPlace, type Missing, valueOf } from '../facts/fact.ts';
import { readFacts } from '../facts/index.ts';
import type { Services } from './method.ts';

/** What could be cleaned, the largest first. */
export async function planCleaning(services: Services, id: string | undefined, signal: AbortSignal): Promise<object> {
  const limitMs = services.settings().methodTimeoutSecs * 700;
  const readings = await readFacts(['edgeContainers', 'hostDisks'], services.world(), { limitMs, signal });
  if ('unavailable' in readings.edgeContainers) throw unreadable(readings.edgeContainers);
  const { containers } = readings.edgeContainers.value;
  const disks = valueOf(readings.hostDisks);
  const why = 'unavailable' in readings.hostDisks ? readings.hostDisks.why : disks?.logsProblem;
  const logs = new Map(disks?.logs.map((log) => [log.containerId, log]));
  if (id !== undefined && !containers.some(({ name }) => name === id)) throw noModule(id);
  const modules = containers
    .filter(({ name }) => id === undefined || name === id)
    .map((container) => {
      const { bytes, files } = logs.get(container.containerId) ?? {};
      const cannot = whyNot(container.log.driver);
      return {
        id: container.name,
        log: container.log,
        ...(bytes === undefined ? {} : { bytes, files }),
        ...(cannot === undefined ? { frees: freesOf(container, bytes) } : { cannot }),
      };
    })
    .sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
  return {
    dryRun: true,
    modules,
    totalBytes: modules.reduce((sum, { bytes = 0 }) => sum + bytes, 0),
    ...(why === undefined ? {} : { sizesUnknown: why }),
    next: '{"id":"MODULE","confirm":true} empties a log; with "uploadFirst":true it is uploaded before.',
  };
}

const unreadable = ({ unavailable, why }: Missing) =>
  new SupportError(unavailable === 'permission-denied' ? 'forbidden' : 'unavailable', why);

/** Where logs are rotated: at least. */
function freesOf({ log: { maxSize } }: EdgeContainer, bytes: number | undefined): number | 'unknown' {
  if (bytes === undefined) return 'unknown';
  return rotates(maxSize) ? Math.max(0, bytes - (readSize(maxSize ?? '') ?? bytes)) : bytes;
}

/** Bytes of `10m`, as the engine reads sizes (docker/go-units, RAMInBytes). */
function readSize(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s?([kmgt]?)i?b?$/i.exec(text) ?? [];
  if (number === undefined) return undefined;
  return Number(number) * 1024 ** ' kmgt'.indexOf(unit.toLowerCase() || ' ');
}

/** Only json-file logs lie in files that somebody else may cut. */
function whyNot(driver: string): string | undefined {
  if (driver === 'json-file') return undefined;
  if (driver === 'local') {
    return 'The log driver local keeps its log in a form of its own, within 100 MB unless it is told otherwise; remove takes it away with the container.';
  }
  return `The log driver ${driver} keeps no file with the engine.`;
}

/** `-1` is the engine's word for no limit. */
const rotates = (maxSize: string | undefined) => maxSize !== undefined && maxSize !== '-1';

/** Engines other than Docker's leave some of it out. */
type Inspected = Pick<ContainerInspect, 'Id'> & Partial<Pick<ContainerInspect, 'LogPath' | 'HostConfig'>>;

/** Where the engine keeps the log. SupportError conflict for one that cannot be emptied. */
export async function logPlaceOf({ docker }: Services, id: string, signal: AbortSignal): Promise<LogPlace> {
  const { Id: containerId, LogPath: path, HostConfig: host } = (await docker.inspect(id, signal)) as Inspected;
  const driver = host?.LogConfig?.Type ?? '';
  const cannot = whyNot(driver);
  if (cannot !== undefined) throw new SupportError('conflict', `The log of ${id} cannot be emptied: ${cannot}`);
  if (path === undefined || posix.basename(path) !== `${containerId}-json.log`) {
    throw new SupportError('conflict', `The engine names no log file of ${id}; it may not have been started yet.`);
  }
  const { 'max-size': maxSize } = (host?.LogConfig?.Config ?? {}) as Readonly<Record<string, string>>;
  return { containerId, folder: posix.dirname(path), keepCurrent: rotates(maxSize) };
}

export const noModule = (id: string) =>
  new SupportError('not-found', `Module ${id} not found in the current environment`);
