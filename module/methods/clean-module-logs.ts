import { posix } from 'node:path';
import { SupportError } from '../base/errors.ts';
import { sleep, within } from '../base/time.ts';
import { forbidDestruction, forbidModuleChange } from '../config/policy.ts';
import { flag, integer, optional, record, requiredText, text, withDefault } from '../config/values.ts';
import type { EdgeContainer } from '../facts/edge-containers.ts';
import { type EmptiedLog, type LogPlace, type Missing, Unavailable, valueOf } from '../facts/fact.ts';
import { readFacts } from '../facts/index.ts';
import type { TaskContext } from '../tasks/task.ts';
import { deliverLog } from './deliver-log.ts';
import { defineMethod, type Services } from './method.ts';
import { type Doomed, doomedOf, guardMessages, isThere, removeContainer, waitUntilRecreated } from './recreate.ts';

/** Time for the answer to leave; milliseconds. */
const leaveMs = 1500;
/** For uploading, removing and coming back, unless the request says; seconds. */
const usualSecs = 900;
/** After a restart of this module, so long is waited for what IoT Edge may still be doing; milliseconds. */
const recoverMs = 300_000;

const wholeLog = { timestamps: true };

const fields = {
  id: optional(requiredText()),
  confirm: withDefault(flag(), false),
  remove: withDefault(flag(), false),
  acceptMessageLoss: withDefault(flag(), false),
  uploadFirst: withDefault(flag(), false),
  sasUrl: optional(text()),
  timeoutSecs: optional(integer(10, 86_400)),
};

export const cleanModuleLogs = defineMethod({
  name: 'CleanModuleLogs',
  about:
    "Says what the modules' logs take on the disk; with confirm it empties the log of one, with remove it removes its container.",
  payloadOptional: true,
  request: record(fields),
  example: { id: 'SimulatedTemperatureSensor', confirm: true },
  async handle({ request, services, signal, repeat }) {
    const { id, confirm, remove, acceptMessageLoss, uploadFirst, sasUrl } = request;
    if (!confirm) return plan(services, id, signal);
    if (id === undefined) {
      throw new SupportError('bad-request', 'id must be given with confirm: the module whose log is to be cleaned.');
    }
    forbidModuleChange(services.policy(), id);
    const doomed = await chosen(services, id, signal);
    if (remove) {
      forbidDestruction(services.policy(), 'CleanModuleLogs');
      if (id === services.env.moduleId) {
        throw new SupportError(
          'bad-request',
          'remove cannot be done to this module itself; without it its log is emptied.',
        );
      }
      if (id === 'edgeHub') await guardMessages(services, acceptMessageLoss, signal);
    } else {
      await logFolder(services, id, signal);
    }
    if (!remove && !uploadFirst) return { id, ...(await empty(services, id, signal)) };
    if (uploadFirst) services.storage.check(sasUrl);
    const { sasUrl: _, ...plain } = request;
    const timeoutSecs = request.timeoutSecs ?? usualSecs;
    return services.tasks.start({ method: 'CleanModuleLogs', request: plain, sasUrl, timeoutSecs, ...repeat }, (task) =>
      clean(services, doomed, { remove, uploadFirst }, timeoutSecs, task),
    );
  },
  task: {
    operation: 'clean module logs',
    lane: { name: 'logs', places: 2 },
    async recover({ notes, services, task }) {
      const { doomed } = notes as { readonly doomed?: Doomed };
      if (doomed === undefined) {
        throw new SupportError('unavailable', 'this module ended before anything was cleaned; call it again.');
      }
      if (await isThere(services.docker, doomed, task.signal)) {
        throw new SupportError('unavailable', `this module ended before ${doomed.id} was removed; call it again.`);
      }
      task.result({ id: doomed.id, after: await back(services, doomed, recoverMs, task) });
    },
  },
});

/** What could be cleaned, the largest first. */
async function plan(services: Services, id: string | undefined, signal: AbortSignal): Promise<object> {
  const limitMs = services.settings().methodTimeoutSecs * 700;
  const readings = await readFacts(['edgeContainers', 'hostDisks'], services.world(), { limitMs, signal });
  if ('unavailable' in readings.edgeContainers) throw unreadable(readings.edgeContainers);
  const { containers } = readings.edgeContainers.value;
  const disks = valueOf(readings.hostDisks);
  const why = 'unavailable' in readings.hostDisks ? readings.hostDisks.why : disks?.logsProblem;
  const logs = new Map(disks?.logs.map((log) => [log.containerId, log]));
  if (id !== undefined && !containers.some(({ name }) => name === id)) throw unknown(id);
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

const currentStays =
  'The current file stays, within max-size: an engine that rotates would go on behind a hole in it. remove takes it away with the container.';

const unknown = (id: string) => new SupportError('not-found', `Module ${id} not found in the current environment`);

async function chosen({ docker }: Services, id: string, signal: AbortSignal): Promise<Doomed> {
  // Checked against the names there are before the engine sees it.
  const module = (await docker.modules(signal)).find(({ name }) => name === id);
  if (!module) throw unknown(id);
  return doomedOf(docker, id, signal);
}

/** Where the engine keeps the log. SupportError conflict for one that cannot be emptied. */
async function logFolder({ docker }: Services, id: string, signal: AbortSignal): Promise<LogPlace> {
  const { Id: containerId, LogPath: path, HostConfig: host } = await docker.inspect(id, signal);
  const driver = host.LogConfig?.Type ?? '';
  const cannot = whyNot(driver);
  if (cannot !== undefined) throw new SupportError('conflict', `The log of ${id} cannot be emptied: ${cannot}`);
  if (posix.basename(path) !== `${containerId}-json.log`) {
    throw new SupportError('conflict', `The engine names no log file of ${id}; it may not have been started yet.`);
  }
  const { 'max-size': maxSize } = (host.LogConfig?.Config ?? {}) as Readonly<Record<string, string>>;
  return { containerId, folder: posix.dirname(path), keepCurrent: rotates(maxSize) };
}

interface Emptied {
  readonly freed: EmptiedLog;
  readonly stays?: string;
}

async function empty(services: Services, id: string, signal: AbortSignal): Promise<Emptied> {
  const { probes } = services.world();
  if (!probes) throw new SupportError('unavailable', 'Without helper containers there is no way to the log files.');
  const place = await logFolder(services, id, signal);
  services.log.warning(`Emptying the log of module ${id}.`);
  try {
    const freed = await probes.emptyLog(place, signal);
    return { freed, ...(place.keepCurrent ? { stays: currentStays } : {}) };
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new SupportError(error.reason === 'host-access-off' ? 'forbidden' : 'unavailable', error.message);
  }
}

async function clean(
  services: Services,
  doomed: Doomed,
  { remove, uploadFirst }: { readonly remove: boolean; readonly uploadFirst: boolean },
  timeoutSecs: number,
  task: TaskContext,
): Promise<void> {
  const { id } = doomed;
  if (uploadFirst) {
    const format = { contentType: 'text', encoding: 'gzip' } as const;
    const problem = await deliverLog({ services, module: id, ask: wholeLog, format, task });
    if (problem !== undefined) {
      throw new SupportError('unavailable', `nothing was cleaned, because the log was not uploaded: ${problem}`);
    }
  }
  if (!remove) return task.result({ id, ...(await empty(services, id, task.signal)) });
  await task.note({ doomed });
  await sleep(leaveMs, task.signal);
  task.progress({ step: `removing the container of ${id}` });
  await removeContainer(services, doomed, task.signal);
  task.progress({ step: `waiting until IoT Edge has made ${id} anew` });
  task.result({ id, removed: doomed.containerId, after: await back(services, doomed, timeoutSecs * 1000, task) });
}

async function back({ docker }: Services, doomed: Doomed, limitMs: number, { signal }: TaskContext) {
  const wait = (limit: AbortSignal) => waitUntilRecreated(docker, doomed, limit);
  try {
    return await within(limitMs, doomed.id, wait, signal);
  } catch (error) {
    if ((error as Partial<SupportError>).code !== 'timeout') throw error;
    throw new SupportError(
      'unavailable',
      `IoT Edge has not made ${doomed.id} anew within ${Math.round(limitMs / 1000)} s: see the log of edgeAgent.`,
    );
  }
}
