import { messageOf } from '../base/errors.ts';
import { exchange } from '../base/exchange.ts';
import { Unavailable } from '../facts/fact.ts';
import type { Collector, Entry } from './collector.ts';
import { textBody } from './json.ts';

/** Whose metrics are asked for, at the port and path that IoT Edge's own modules have them. */
const modules = ['edgeHub', 'edgeAgent'];
const mostMegabytes = 16;

export const metrics: Collector = {
  id: 'metrics',
  about: "edgeHub's, edgeAgent's and this module's metrics, as Prometheus has them.",
  timeoutSecs: 20,
  maxBytes: mostMegabytes << 20,
  usualBytes: 5000,
  entries: async (context) => [
    ...modules.map(
      (name): Entry => ({
        name: `metrics/${name}.txt`,
        async open(signal, notes) {
          const where = { host: name, port: 9600, path: '/metrics' };
          try {
            const { status, text } = await exchange(where, signal, undefined, mostMegabytes);
            if (status === 200) return textBody(text, context, notes);
            throw new Error(`it answered ${status}`);
          } catch (error) {
            signal.throwIfAborted();
            throw new Unavailable('unreadable', `http://${name}:9600/metrics gave no metrics: ${messageOf(error)}`);
          }
        },
      }),
    ),
    {
      name: `metrics/${context.env.moduleId}.txt`,
      open: async (_, notes) => textBody(await context.own.metrics(), context, notes),
    },
  ],
};
