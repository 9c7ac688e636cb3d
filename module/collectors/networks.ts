import type { Collector } from './collector.ts';
import { jsonBody } from './json.ts';

export const networks: Collector = {
  id: 'networks',
  about: "The engine's networks.",
  timeoutSecs: 20,
  entries: async ({ docker, redactor }, signal) =>
    (await docker.networks(signal)).map((name) => ({
      name: `network/${name}.json`,
      open: async (own, { account }) => jsonBody([await docker.network(name, own)], redactor, account),
    })),
};
