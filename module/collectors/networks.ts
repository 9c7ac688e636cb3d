import type { Collector } from './collector.ts';
import { jsonBody } from './json.ts';

export const networks: Collector = {
  id: 'networks',
  about: "The engine's networks.",
  timeoutSecs: 20,
  maxBytes: 4 << 20,
  usualBytes: 600,
  entries: async (context, signal) =>
    (await context.docker.networks(signal)).map((name) => ({
      name: `network/${name}.json`,
      open: async (own, notes) => jsonBody([await context.docker.network(name, own)], context, notes),
    })),
};
