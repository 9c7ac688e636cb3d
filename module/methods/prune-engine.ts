import { messageOf, SupportError } from '../base/errors.ts';
import { forbidDestruction } from '../config/policy.ts';
import { choice, duration, flag, list, optional, record, requiredText, text, withDefault } from '../config/values.ts';
import type { TaskContext } from '../tasks/task.ts';
import { defineMethod, type Services } from './method.ts';
import { changesSince, type PruneWish, planPrune, readUse, renamed, totalOf, type Unused } from './prune-plan.ts';

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
      guardRemovals(services);
      return prune(services, services.confirmations.take('PruneEngine', confirm) as Offer, task, signal);
    }
    const use = await readUse(services.docker, signal);
    const now = services.now().getTime();
    const asked: PruneWish = { ...wish, volumes, olderThanSecs: olderThan };
    const plan = planPrune(use, asked, now);
    const remove = plan.remove.slice(0, most);
    const shown = {
      dryRun: true,
      remove: remove.map(({ id: _, imageId: __, name, ...one }) => ({ ...one, name: short(name, longestName) })),
      totalBytes: remove.reduce((sum, { bytes }) => sum + bytes, 0),
      ...(plan.remove.length > most ? { more: plan.remove.length - most } : {}),
      unusedVolumes: plan.volumes.slice(0, most),
    };
    return remove.length === 0
      ? shown
      : { ...shown, ...services.confirmations.offer('PruneEngine', { remove, wish: asked }) };
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

/** What removes containers of IoT Edge for a while. */
const removals = ['RecreateModules', 'CleanModuleLogs'];

/** SupportError conflict while one of these is under way: what was used by a container that is being made anew looks unused. */
function guardRemovals({ tasks }: Pick<Services, 'tasks'>): void {
  const found = tasks.list().find(({ method = '', status }) => status === 'Running' && removals.includes(method));
  if (!found) return;
  throw new SupportError(
    'conflict',
    `${found.method} is under way (task ${found.correlationId}): what its containers use looks unused until they are made anew. Wait for its end.`,
  );
}

/** What a token stands for. */
interface Offer {
  readonly remove: readonly Unused[];
  readonly wish: PruneWish;
}

/**
 * Takes away one after the other. What has come into use since it was shown stays, and so does a name that stands for another
 * image by now; the others go all the same. SupportError forbidden when a proxy in front of
 * the engine lets nothing of it be done.
 */
async function prune(
  { docker, log, now }: Services,
  { remove, wish }: Offer,
  task: TaskContext | undefined,
  signal: AbortSignal,
): Promise<object> {
  const before = await readUse(docker, signal);
  const change = changesSince(before, wish, now().getTime());
  // A start of this module after a crash says that this was begun.
  await task?.note({ removing: remove.length });
  log.warning(`PruneEngine removes ${remove.length} unused thing(s) of the engine.`);
  const removed: object[] = [];
  const refused: object[] = [];
  const forbidden: SupportError[] = [];
  for (const [at, one] of remove.entries()) {
    signal.throwIfAborted();
    const { what, id, bytes, imageId } = one;
    const name = short(one.name, longestName);
    task?.progress({ step: `removing ${what} ${name}, ${at + 1} of ${remove.length}` });
    try {
      const changed = change(one);
      if (changed !== undefined) throw new SupportError(changed.gone ? 'not-found' : 'conflict', changed.why);
      // A pull moves a name at any time.
      if (imageId !== undefined && (await docker.imageId(id, signal)) !== imageId)
        throw new SupportError('conflict', renamed);
      await docker.remove(what, id, signal);
      removed.push({ what, name, bytes });
    } catch (error) {
      signal.throwIfAborted();
      if ((error as Partial<SupportError>).code === 'not-found') removed.push({ what, name, bytes, goneAlready: true });
      else refused.push({ what, name, why: short(messageOf(error), longestWhy) });
      if (error instanceof SupportError && error.code === 'forbidden') forbidden.push(error);
    }
  }
  // Nothing at all may be done here.
  if (forbidden[0] !== undefined && forbidden.length === remove.length) throw forbidden[0];
  // What was done is told, also when the engine cannot be asked any more.
  const after = await readUse(docker, signal).catch(() => undefined);
  const freedBytes = after ? totalOf(before.usage) - totalOf(after.usage) : 'unknown';
  return { removed, ...(refused.length > 0 ? { refused } : {}), freedBytes };
}

/** BuildKit describes a record by the whole command that made it, engines refuse at length: an answer has room for so much. */
const longestName = 120;
const longestWhy = 160;

const short = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 3)}...` : text);
