import { messageOf } from '../base/errors.ts';
import { inParallel } from '../base/parallel.ts';
import { within } from '../base/time.ts';
import type { CollectContext } from '../collectors/collector.ts';
import { secretsOf } from '../redact/container.ts';

/** So many are asked at a time. */
const atATime = 4;
/** More secrets than this no device has; each costs a little everywhere. */
const most = 500;

/** What was learned of the modules. */
export interface Learned {
  readonly secrets: readonly string[];
  /** What may be missing, in one sentence. */
  readonly lack?: string;
}

/**
 * The secrets in the environments of IoT Edge's modules: in a bundle they are looked for in every file, logs included. A
 * container that cannot be asked within `limitMs` has its values masked where they stand all the same.
 */
export async function learnSecrets(
  { docker, env }: Pick<CollectContext, 'docker' | 'env'>,
  limitMs: number,
  outer: AbortSignal,
): Promise<Learned> {
  const found = new Set<string>();
  const unread = new Map<string, string>([['the modules', '']]);
  const look = async (signal: AbortSignal) => {
    const modules = await docker.modules(signal);
    unread.clear();
    for (const { name } of modules) unread.set(name, '');
    // `SECRET_NAME=edge-1` is no secret: without these names nobody could read the bundle.
    const names = new Set([env.deviceId, env.iothubHostname, env.moduleId, ...modules.map(({ name }) => name)]);
    await inParallel(atATime, modules, async ({ name }) => {
      try {
        for (const secret of secretsOf(await docker.inspect(name, signal))) if (!names.has(secret)) found.add(secret);
        unread.delete(name);
      } catch (error) {
        if ((error as { code?: unknown }).code === 'not-found') unread.delete(name);
        else unread.set(name, messageOf(error));
      }
    });
  };
  const end = await within(limitMs, "Looking at the modules' environments", look, outer).then(() => '', messageOf);
  const why = [...unread.values(), end].find((text) => text !== '') ?? '';
  const lacks = [
    ...(unread.size > 0 ? [`The environment of ${[...unread.keys()].join(', ')} could not be read: ${why}`] : []),
    ...(found.size > most ? [`There are more than ${most} secrets.`] : []),
  ];
  return { secrets: [...found].slice(0, most), ...(lacks.length > 0 ? { lack: `${lacks.join(' ')} ${still}` } : {}) };
}

const still = 'Their secrets are masked where they stand, but not all of them are looked for in logs and other files.';
