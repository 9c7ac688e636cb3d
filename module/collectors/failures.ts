import { readFile } from 'node:fs/promises';
import type { EdgeModule } from '../docker/docker.ts';
import { Unavailable } from '../facts/fact.ts';
import type { KeptFailure } from '../storage/failures.ts';
import type { CollectContext, Collector, Entry } from './collector.ts';
import { jsonBody } from './json.ts';

export const failures: Collector = {
  id: 'failures',
  about: 'What was captured when modules died, ran out of memory or turned unhealthy (CollectOnFailure).',
  timeoutSecs: 30,
  maxBytes: 4 << 20,
  usualBytes: 3000,
  async entries(context, signal) {
    const { failures: known } = context.own;
    const wanted = await wantedOf(context, (await known?.kept()) ?? [], signal);
    const record = known?.record();
    return [
      ...(record ? [json('failures/record.json', record, context)] : []),
      ...wanted.flatMap(({ name, files }) =>
        files.map(
          (file): Entry => ({
            name: `failures/${name}/${file.name}`,
            open: async (_, { account }) => context.redactor.stream(bytesOf(file.path), context.scope, account),
          }),
        ),
      ),
    ];
  },
};

const json = (name: string, value: unknown, context: CollectContext): Entry => ({
  name,
  open: (_, notes) => jsonBody(value, context, notes),
});

/** Newest first; where the bundle's size is limited, as many as have room. Of modules that it is not about none. */
async function wantedOf(
  { docker, modules, logBytes = Number.POSITIVE_INFINITY }: CollectContext,
  kept: readonly KeptFailure[],
  signal: AbortSignal,
): Promise<readonly KeptFailure[]> {
  if (kept.length === 0) return [];
  const [all, chosen] = await Promise.all([docker.modules(signal), modules(signal).catch(noneWanted)]).catch(() => [
    [],
    [],
  ]);
  const picked = new Set(chosen.map(({ name }) => name));
  // A module that is no more was not chosen, but neither was it left out.
  const unwanted = new Set(all.map(({ name }) => name).filter((name) => !picked.has(name)));
  let left = logBytes;
  return [...kept].reverse().filter(({ module, bytes }) => {
    if (unwanted.has(module)) return false;
    left -= bytes;
    return left >= 0;
  });
}

/** The request may want none of the modules that there are. */
function noneWanted(error: unknown): readonly EdgeModule[] {
  if (error instanceof Unavailable) return [];
  throw error;
}

async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield await readFile(path);
  } catch {
    throw new Unavailable('unreadable', 'It made way for newer ones meanwhile.');
  }
}
