import { textLog } from '../logs/logs.ts';
import { through } from '../redact/redact.ts';
import type { CollectContext, Collector, Entry } from './collector.ts';
import { newestLines } from './newest-lines.ts';

export const moduleLogs: Collector = {
  id: 'module-logs',
  about: "The modules' logs, as text.",
  timeoutSecs: 600,
  maxBytes: Number.POSITIVE_INFINITY,
  usualBytes: 100_000,
  async entries(context, signal) {
    const { ask, docker, engineLogs = '', redactor, scope, modules, watch } = context;
    const names = (await modules(signal)).map(({ name }) => name);
    const tails = await tailsOf(context, names, signal);
    return names.map(
      (name): Entry => ({
        name: `logs/${name}_log.txt`,
        open(own, { account, warnings }) {
          const tail = tails.get(name);
          if (tail !== undefined) warnings.push(`Only the last ${tail} lines, so that the bundle keeps to maxBytes.`);
          const window = { ...ask, ...(tail === undefined ? {} : { tail }) };
          const count = { lines: 0, bytes: 0, warnings, account };
          const log = textLog({ docker, engineLogs, redactor, scope }, name, window, count, own);
          return through(log, watch(name, `logs/${name}_log.txt`).tap);
        },
      }),
    );
  },
};

/** Where the bundle's size is limited, how many lines of each log there is room for: the newest say most. */
async function tailsOf(
  { ask, docker, engineLogs = '', logBytes }: CollectContext,
  names: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number>> {
  if (logBytes === undefined) return new Map();
  return newestLines({ docker, engineLogs }, names, ask, logBytes, signal);
}
