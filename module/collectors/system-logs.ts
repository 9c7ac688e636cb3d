import { type JournalAsk, Unavailable } from '../facts/fact.ts';
import { kernelUnit, systemUnits } from '../facts/system-units.ts';
import { through } from '../redact/redact.ts';
import type { Collector, Entry } from './collector.ts';

/** So many lines of each at the most, the last: some 30 MB, a few minutes' reading on a slow disk. */
const lines = 200_000;

export const systemLogs: Collector = {
  id: 'system-logs',
  about: "The journal of the engine, of IoT Edge's daemons and of the kernel, read by the host's own journalctl.",
  timeoutSecs: 300,
  maxBytes: 128 << 20,
  usualBytes: 20_000,
  async entries({ ask, world, redactor, scope, watch }) {
    const { probes } = world;
    const asks: readonly (readonly [string, JournalAsk])[] = [
      ...Object.entries(systemUnits).map(([name, own]) => [name, { units: own }] as const),
      [kernelUnit, { kernel: true }],
    ];
    return asks.map(
      ([name, own]): Entry => ({
        name: `logs/${name}.txt`,
        open(signal, { account }) {
          if (!probes)
            throw new Unavailable('not-supported', 'Without helper containers there is no way to the journal.');
          const log = redactor.stream(probes.journal({ ...own, ...ask, lines }, signal), scope, account);
          return through(log, watch(name, `logs/${name}.txt`).tap);
        },
      }),
    );
  },
};
