import { messageOf, SupportError } from '../base/errors.ts';
import { sleep, within } from '../base/time.ts';
import { forbidDestruction, forbidModuleChange } from '../config/policy.ts';
import { flag, integer, optional, record, requiredText, text, withDefault } from '../config/values.ts';
import { type EmptiedLog, Unavailable } from '../facts/fact.ts';
import type { TaskContext } from '../tasks/task.ts';
import { logPlaceOf, noModule, planCleaning } from './clean-plan.ts';
import { deliverLog } from './deliver-log.ts';
import { defineMethod, type Services } from './method.ts';
import {
  type Doomed,
  doomedOf,
  guardAgent,
  guardMessages,
  isThere,
  removeContainer,
  waitUntilRecreated,
} from './recreate.ts';

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
  async handle({ request, services, signal, repeat, task }) {
    const { id, confirm, remove, acceptMessageLoss, uploadFirst, sasUrl } = request;
    if (!confirm) return planCleaning(services, id, signal);
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
      if (id !== 'edgeAgent') await guardAgent(services, signal);
      if (id === 'edgeHub') await guardMessages(services, acceptMessageLoss, signal);
    } else {
      await logPlaceOf(services, id, signal);
    }
    if (!remove && !uploadFirst) return { id, ...(await empty(services, id, task, signal)) };
    if (uploadFirst) services.storage.check(sasUrl);
    const { sasUrl: _, ...plain } = request;
    const timeoutSecs = request.timeoutSecs ?? usualSecs;
    return services.tasks.start(
      { method: 'CleanModuleLogs', request: plain, sasUrl, timeoutSecs, ...repeat },
      (later) => clean(services, doomed, { remove, uploadFirst }, timeoutSecs, later),
    );
  },
  task: {
    operation: 'clean module logs',
    lane: { name: 'logs', places: 2 },
    async recover({ notes, services, task }) {
      const { doomed, emptying } = notes as { readonly doomed?: Doomed; readonly emptying?: string };
      if (emptying !== undefined) {
        const text = `this module ended while it emptied the log of ${emptying}: CleanModuleLogs {"id":"${emptying}"} tells what it takes now.`;
        throw new SupportError('unavailable', text);
      }
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

const currentStays =
  'The current file stays, within max-size: an engine that rotates would go on behind a hole in it. remove takes it away with the container.';

async function chosen({ docker }: Services, id: string, signal: AbortSignal): Promise<Doomed> {
  // Checked against the names there are before the engine sees it.
  const module = (await docker.modules(signal)).find(({ name }) => name === id);
  if (!module) throw noModule(id);
  return doomedOf(docker, id, signal);
}

interface Emptied {
  readonly freed: EmptiedLog;
  readonly stays?: string;
}

async function empty(
  services: Services,
  id: string,
  task: Pick<TaskContext, 'note'> | undefined,
  signal: AbortSignal,
): Promise<Emptied> {
  const { probes } = services.world();
  if (!probes) throw new SupportError('unavailable', 'Without helper containers there is no way to the log files.');
  const place = await logPlaceOf(services, id, signal);
  await task?.note({ emptying: id });
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
    const problem = await uploaded(services, id, timeoutSecs * 1000, task);
    if (problem !== undefined) {
      throw new SupportError('unavailable', `nothing was cleaned, because the log was not uploaded: ${problem}`);
    }
    // The owner may have changed his mind while it was uploaded.
    forbidModuleChange(services.policy(), id);
    if (remove) forbidDestruction(services.policy(), 'CleanModuleLogs');
    if (remove && id !== 'edgeAgent') await guardAgent(services, task.signal);
  }
  if (!remove) return task.result({ id, ...(await empty(services, id, task, task.signal)) });
  await task.note({ doomed });
  task.progress({ step: `waiting for the answer to leave before the container of ${id} is removed` });
  await sleep(leaveMs, task.signal);
  task.progress({ step: `removing the container of ${id}` });
  await removeContainer(services, doomed, task.signal);
  task.progress({ step: `waiting until IoT Edge has made ${id} anew` });
  task.result({ id, removed: doomed.containerId, after: await back(services, doomed, timeoutSecs * 1000, task) });
}

/**
 * Uploads the whole log; what went wrong, if anything did. Storage that cannot be reached is waited for no longer than for
 * everything else: nobody expects a log to be cleaned days later.
 */
async function uploaded(
  services: Services,
  module: string,
  limitMs: number,
  task: TaskContext,
): Promise<string | undefined> {
  const format = { contentType: 'text', encoding: 'gzip' } as const;
  const deliver = () => deliverLog({ services, module, ask: wholeLog, format, task, whole: true });
  return within(limitMs, 'Uploading the log', deliver, task.signal).catch((error: unknown) => {
    task.signal.throwIfAborted();
    return messageOf(error);
  });
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
