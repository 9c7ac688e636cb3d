import { type EdgeContainer, edgeContainers } from '../facts/edge-containers.ts';
import type { Collector } from './collector.ts';
import { jsonBody } from './json.ts';

export const modules: Collector = {
  id: 'modules',
  about: 'The modules as `iotedge list` shows them, with start, exit, restarts, health and how they log.',
  timeoutSecs: 30,
  maxBytes: 4 << 20,
  usualBytes: 2000,
  entries: async (context) => [
    {
      name: 'modules.json',
      open: async (signal, notes) => {
        const listed = await context.modules(signal);
        const { containers, unreadable } = await edgeContainers.read(context.world, signal, 20_000);
        const rows = listed.map(({ name, image, state, status }) => {
          const found = containers.find((one) => one.name === name);
          const why = unreadable.find((one) => one.name === name)?.why;
          return {
            name,
            status: state,
            description: status,
            config: image,
            ...(found
              ? {
                  imageId: found.imageId,
                  createdAt: found.createdAt,
                  startedAt: found.startedAt,
                  ...lastExit(found),
                  // Of restarts by the engine: edgeAgent, which usually does it, is not counted here.
                  engineRestarts: found.restartCount,
                  health: found.health ?? 'none',
                  log: found.log,
                  ...(found.error === undefined ? {} : { error: found.error }),
                }
              : { unreadable: why ?? 'It was removed meanwhile.' }),
          };
        });
        return jsonBody(rows, context, notes);
      },
    },
  ],
};

/** The engine gives the year 1 as the time of an exit that never was. */
function lastExit({ finishedAt, exitCode, oomKilled }: EdgeContainer): object {
  return finishedAt.startsWith('0001-') ? {} : { lastExit: { at: finishedAt, code: exitCode, outOfMemory: oomKilled } };
}
