import { inParallel } from '../base/parallel.ts';
import { within } from '../base/time.ts';
import type { CollectContext } from '../collectors/collector.ts';
import { secretsOf } from '../redact/container.ts';

/** So many are asked at a time. */
const atATime = 4;
/** More secrets than this no device has; each costs a little everywhere. */
const most = 500;

/**
 * The secrets in the environments of IoT Edge's modules: in a bundle they are looked for in every file, logs included. A
 * container that cannot be asked within `limitMs` has its values masked where they stand all the same.
 */
export async function learnSecrets(
  { docker, env }: Pick<CollectContext, 'docker' | 'env'>,
  limitMs: number,
  outer: AbortSignal,
): Promise<readonly string[]> {
  const found = new Set<string>();
  const look = async (signal: AbortSignal) => {
    const modules = await docker.modules(signal);
    // `SECRET_NAME=edge-1` is no secret: without these names nobody could read the bundle.
    const names = new Set([env.deviceId, env.iothubHostname, env.moduleId, ...modules.map(({ name }) => name)]);
    await inParallel(atATime, modules, async ({ name }) => {
      const inspect = await docker.inspect(name, signal).catch(() => undefined);
      for (const secret of inspect ? secretsOf(inspect) : []) if (!names.has(secret)) found.add(secret);
    });
  };
  await within(limitMs, "Looking at the modules' environments", look, outer).catch(() => undefined);
  return [...found].slice(0, most);
}
