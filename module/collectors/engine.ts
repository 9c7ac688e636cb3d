import { maskContainer } from '../redact/container.ts';
import type { CollectContext, Collector, Entry } from './collector.ts';
import { jsonBody } from './json.ts';

const reports = ['version', 'info', 'containers', 'images', 'df'] as const;

export const engine: Collector = {
  id: 'engine',
  about:
    'What the container engine says of itself, its containers, images and disks, what they use, and what happened.',
  timeoutSecs: 60,
  maxBytes: 16 << 20,
  usualBytes: 3000,
  entries: async (context) => [
    ...reports.map(
      (what): Entry => ({
        name: `docker/${what}.json`,
        open: async (signal, notes) => {
          const found = await context.docker.report(what, signal);
          return jsonBody(maskContainer(found as object, context.redactor, notes.account), context, notes);
        },
      }),
    ),
    {
      name: 'docker/stats.json',
      open: async (signal, notes) => jsonBody(await stats(context, signal), context, notes),
    },
    {
      name: 'docker/events.json',
      open: async (signal, notes) => jsonBody(await events(context, signal), context, notes),
    },
  ],
};

/** By module; the engine takes a second or two for each, so that all are asked at the same time. */
async function stats({ docker, modules }: CollectContext, signal: AbortSignal): Promise<object> {
  const running = (await modules(signal)).filter(({ state }) => state === 'running');
  const read = running.map(async ({ name }) => {
    try {
      return [name, await docker.rawStats(name, signal)] as const;
    } catch (error) {
      signal.throwIfAborted();
      return [name, { error: (error as Error).message }] as const;
    }
  });
  return Object.fromEntries(await Promise.all(read));
}

/** Of IoT Edge's containers, as far back as the engine remembers: its last 256 events. */
async function events({ docker, world, ask }: CollectContext, signal: AbortSignal): Promise<object> {
  const since = (ask.since ?? 0) * 1000;
  // A clock that was set back meanwhile must not make the window end before it begins.
  const until = Math.max(since + 1000, Math.min(world.now().getTime(), (ask.until ?? Infinity) * 1000));
  const found = await docker.events(since, until, signal);
  return found.map(({ at, ...event }) => ({ at: new Date(at).toISOString(), ...event }));
}
