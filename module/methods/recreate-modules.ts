import { messageOf, SupportError } from '../base/errors.ts';
import { sleep, within } from '../base/time.ts';
import { forbidDestruction, forbidModuleChange } from '../config/policy.ts';
import { flag, integer, optional, record, requiredText, text, withDefault } from '../config/values.ts';
import type { TaskContext } from '../tasks/task.ts';
import { deliverBundle } from './deliver-bundle.ts';
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
/** For everything to be back, and for the bundle before, unless the request says; seconds. */
const usualSecs = 900;

export const recreateModules = defineMethod({
  name: 'RecreateModules',
  about:
    "The page's last resort: shows which containers of IoT Edge would be removed, and with the token of that answer removes them, so that edgeAgent makes them anew.",
  payloadOptional: true,
  request: record({
    confirm: optional(requiredText()),
    bundleFirst: withDefault(flag(), true),
    acceptMessageLoss: withDefault(flag(), false),
    sasUrl: optional(text()),
    timeoutSecs: optional(integer(30, 86_400)),
  }),
  example: {},
  async handle({ request, services, signal, repeat }) {
    const { confirm, bundleFirst, acceptMessageLoss, sasUrl, timeoutSecs = usualSecs } = request;
    if (confirm === undefined) return plan(services, signal);
    forbidDestruction(services.policy(), 'RecreateModules');
    // What can be refused is refused before the token is used up.
    if (bundleFirst) services.storage.check(sasUrl);
    await guardAgent(services, signal);
    const names = (await services.docker.modules(signal)).map(({ name }) => name);
    if (names.includes('edgeHub') && protectedBy(services, 'edgeHub') === undefined)
      await guardMessages(services, acceptMessageLoss, signal);
    const doomed = services.confirmations.take('RecreateModules', confirm) as readonly Doomed[];
    const { sasUrl: _, ...plain } = request;
    const ask = { method: 'RecreateModules', request: plain, sasUrl, timeoutSecs, ...repeat };
    return services.tasks.start(ask, (task) => recreate(services, doomed, bundleFirst, timeoutSecs * 1000, task));
  },
  task: {
    operation: 'recreate modules',
    lane: { name: 'bundle', places: 1 },
    async recover({ notes, services, task }) {
      const { doomed, gone = [] } = notes as { readonly doomed?: readonly Doomed[]; readonly gone?: readonly Doomed[] };
      if (doomed === undefined) {
        throw new SupportError('unavailable', 'this module ended before any container was removed; call it again.');
      }
      const removed: Doomed[] = [];
      for (const one of gone) if (!(await isThere(services.docker, one, task.signal))) removed.push(one);
      const left = doomed.filter(({ id }) => !removed.some((one) => one.id === id)).map(({ id }) => id);
      await verify(services, removed, usualSecs * 1000, task);
      if (left.length > 0) {
        throw new SupportError('unavailable', `this module ended meanwhile: ${left.join(', ')} were left as they are.`);
      }
    },
  },
});

/** Modules in the order in which they go: edgeAgent last, since it brings back the others. This module never. */
async function plan(services: Services, signal: AbortSignal): Promise<object> {
  const { docker, env, policy, confirmations } = services;
  const kept: { readonly id: string; readonly why: string }[] = [];
  const doomed: Doomed[] = [];
  const remove: object[] = [];
  const order = ({ name }: { readonly name: string }) => ['edgeHub', 'edgeAgent'].indexOf(name);
  for (const { name: id, image, status } of (await docker.modules(signal)).toSorted((a, b) => order(a) - order(b))) {
    const why = id === env.moduleId ? 'this module does the work' : protectedBy(services, id);
    if (why !== undefined) {
      kept.push({ id, why });
      continue;
    }
    const one = await doomedOf(docker, id, signal).catch((error: unknown) => {
      if ((error as Partial<SupportError>).code !== 'not-found') throw error;
    });
    // Removed just now.
    if (!one) continue;
    doomed.push(one);
    remove.push({ id, image, status, containerId: one.containerId.slice(0, 12) });
  }
  const whyNot = (guard: Promise<void>) =>
    guard.then(
      () => undefined,
      (error: unknown) => {
        signal.throwIfAborted();
        return messageOf(error);
      },
    );
  const hub = doomed.some(({ id }) => id === 'edgeHub');
  const messages = hub ? await whyNot(guardMessages(services, false, signal)) : undefined;
  const agent = await whyNot(guardAgent(services, signal));
  const allowed = await Promise.resolve()
    .then(() => forbidDestruction(policy(), 'RecreateModules'))
    .then(() => undefined, messageOf);
  return {
    dryRun: true,
    remove,
    kept,
    ...(agent === undefined ? {} : { edgeAgent: agent }),
    ...(messages === undefined ? {} : { messages }),
    ...(allowed === undefined ? {} : { forbidden: allowed }),
    ...(doomed.length === 0 ? {} : confirmations.offer('RecreateModules', doomed)),
  };
}

function protectedBy({ policy }: Services, id: string): string | undefined {
  try {
    forbidModuleChange(policy(), id);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

async function recreate(
  services: Services,
  doomed: readonly Doomed[],
  bundleFirst: boolean,
  limitMs: number,
  task: TaskContext,
): Promise<void> {
  if (bundleFirst) {
    // Storage that cannot be reached is waited for no longer than everything else.
    const deliver = () => deliverBundle({}, services, task);
    const bundle = await within(limitMs, 'The bundle', deliver, task.signal).catch((error: unknown) => {
      task.signal.throwIfAborted();
      const why = `no container was removed, because there is no bundle: ${messageOf(error)} bundleFirst:false does without.`;
      throw new SupportError('unavailable', why);
    });
    task.result({ bundle });
  }
  // It may have gone away while the bundle was made.
  await guardAgent(services, task.signal);
  await task.note({ doomed, gone: [] });
  task.progress({ step: 'waiting for the answer to leave before the first container is removed' });
  await sleep(leaveMs, task.signal);
  const gone: Doomed[] = [];
  const failed: string[] = [];
  for (const one of doomed) {
    task.progress({ step: `removing the container of ${one.id}` });
    try {
      // The owner may have changed his mind since the dry run.
      forbidDestruction(services.policy(), 'RecreateModules');
      forbidModuleChange(services.policy(), one.id);
      await task.note({ gone: [...gone, one] });
      await removeContainer(services, one, task.signal);
      gone.push(one);
    } catch (error) {
      task.signal.throwIfAborted();
      // What a proxy forbids for one it forbids for all.
      if ((error as Partial<SupportError>).code === 'forbidden' && gone.length === 0) throw error;
      const why = messageOf(error);
      failed.push(why);
      task.result({ id: one.id, removed: false, why });
    }
  }
  await task.note({ gone });
  await verify(services, gone, limitMs, task);
  if (failed.length > 0) throw new SupportError('unavailable', [...new Set(failed)].join(' '));
}

/** Waits for all of them together, and tells of each. SupportError unavailable that names those that are not back. */
async function verify(
  { docker }: Services,
  gone: readonly Doomed[],
  limitMs: number,
  task: TaskContext,
): Promise<void> {
  const missing: string[] = [];
  const waiting = new Set(gone.map(({ id }) => id));
  const tell = () => task.progress({ step: `waiting until IoT Edge has made anew: ${[...waiting].join(', ')}` });
  tell();
  await Promise.all(
    gone.map(async (one) => {
      try {
        const wait = (limit: AbortSignal) => waitUntilRecreated(docker, one, limit);
        const after = await within(limitMs, `Waiting for ${one.id}`, wait, task.signal);
        task.result({ id: one.id, removed: one.containerId.slice(0, 12), after });
      } catch (error) {
        task.signal.throwIfAborted();
        missing.push(one.id);
        task.result({ id: one.id, removed: one.containerId.slice(0, 12), error: messageOf(error) });
      }
      waiting.delete(one.id);
      tell();
    }),
  );
  if (missing.length === 0) return;
  throw new SupportError('unavailable', `not back or not well: ${missing.join(', ')}; see the log of edgeAgent.`);
}
