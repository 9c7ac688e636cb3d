import { maskContainer } from '../redact/container.ts';
import type { Collector } from './collector.ts';
import { jsonBody } from './json.ts';

export const inspect: Collector = {
  id: 'inspect',
  about: 'What the engine says of each module, environment values masked.',
  timeoutSecs: 20,
  entries: async ({ docker, redactor, modules }) =>
    (await modules()).map(({ name }) => ({
      name: `inspect/${name}.json`,
      open: async (signal, { account }) =>
        jsonBody([maskContainer(await docker.inspect(name, signal), redactor, account)], redactor, account),
    })),
};
