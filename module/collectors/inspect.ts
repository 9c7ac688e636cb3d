import { maskContainer } from '../redact/container.ts';
import type { Collector } from './collector.ts';
import { jsonBody } from './json.ts';

export const inspect: Collector = {
  id: 'inspect',
  about: 'What the engine says of each module, environment values masked.',
  timeoutSecs: 20,
  maxBytes: 4 << 20,
  usualBytes: 3000,
  entries: async (context, signal) =>
    (await context.modules(signal)).map(({ name }) => ({
      name: `inspect/${name}.json`,
      open: async (own, notes) => {
        const found = await context.docker.inspect(name, own);
        return jsonBody([maskContainer(found, context.redactor, notes.account)], context, notes);
      },
    })),
};
