import { messageOf, SupportError } from '../base/errors.ts';
import { forbidDestruction } from '../config/policy.ts';
import { choice, duration, flag, list, optional, record, requiredText, text, withDefault } from '../config/values.ts';
import type { TaskContext } from '../tasks/task.ts';
import { defineMethod, type Services } from './method.ts';
import { planPrune, readUse, totalOf, type Unused } from './prune-plan.ts';

/** So many things are shown one by one, and taken at one time: an answer has room for them. */
const most = 300;

const oldest = 10 * 365 * 86_400;

export const pruneEngine = defineMethod({
  name: 'PruneEngine',
  about:
    'Shows what `docker system prune` would take, nothing of IoT Edge; with the token of such an answer it takes exactly that.',
  payloadOptional: true,
  request: record({
    confirm: optional(requiredText()),
    images: withDefault(choice('dangling', 'unused', 'none'), 'dangling'),
    containers: withDefault(flag(), true),
    networks: withDefault(flag(), true),
    cache: withDefault(flag(), true),
    volumes: optional(list(text())),
    olderThan: optional(duration(0, oldest)),
  }),
  example: { images: 'unused', olderThan: '7d' },
  async handle({ request, services, signal, task }) {
    const { confirm, volumes = [], olderThan = 0, ...wish } = request;
    if (confirm !== undefined) {
      forbidDestruction(services.policy(), 'PruneEngine');
      return prune(services, services.confirmations.take('PruneEngine', confirm) as readonly Unused[], task, signal);
    }
    const use = await readUse(services.docker, signal);
    const now = services.now().getTime();
    const plan = planPrune(use, { ...wish, volumes, olderThanSecs: olderThan }, now);
    const remove = plan.remove.slice(0, most);
    const shown = {
      dryRun: true,
      remove: remove.map(({ id: _, ...one }) => one),
      totalBytes: remove.reduce((sum, { bytes }) => sum + bytes, 0),
      ...(plan.remove.length > most ? { more: plan.remove.length - most } : {}),
      unusedVolumes: plan.volumes.slice(0, most),
    };
    return remove.length === 0 ? shown : { ...shown, ...services.confirmations.offer('PruneEngine', remove) };
  },
  task: {
    operation: 'prune engine',
    async recover() {
      throw new SupportError(
        'unavailable',
        'this module ended before it was done: a new dry run shows what is left; nothing goes on by itself.',
      );
    },
  },
});

/**
 * Takes away one after the other. What has come into use since it was shown the engine refuses; the others go all the
 * same. SupportError forbidden when a proxy in front of the engine lets nothing of it be done.
 */
async function prune(
  { docker, log }: Services,
  items: readonly Unused[],
  task: TaskContext | undefined,
  signal: AbortSignal,
): Promise<object> {
  const before = await readUse(docker, signal);
  log.warning(`PruneEngine removes ${items.length} unused thing(s) of the engine.`);
  const removed: object[] = [];
  const refused: object[] = [];
  const forbidden: SupportError[] = [];
  for (const { what, id, name, bytes } of items) {
    signal.throwIfAborted();
    task?.progress({ step: `removing ${what} ${name}` });
    try {
      await docker.remove(what, id, signal);
      removed.push({ what, name, bytes });
    } catch (error) {
      signal.throwIfAborted();
      if ((error as Partial<SupportError>).code === 'not-found') removed.push({ what, name, bytes, goneAlready: true });
      else refused.push({ what, name, why: messageOf(error) });
      if (error instanceof SupportError && error.code === 'forbidden') forbidden.push(error);
    }
  }
  // Nothing at all may be done here.
  if (forbidden[0] !== undefined && forbidden.length === items.length) throw forbidden[0];
  const freedBytes = totalOf(before.usage) - totalOf((await readUse(docker, signal)).usage);
  return { removed, ...(refused.length > 0 ? { refused } : {}), freedBytes };
}
