import { runChecks } from '../checks/index.ts';
import type { CheckRun } from '../checks/run.ts';
import type { Collector, Entry } from '../collectors/collector.ts';
import { jsonBody } from '../collectors/json.ts';
import { toCheckJson } from '../report/result.ts';

/** A whole run's limit; seconds. */
const runSecs = 30;

/**
 * `check.json` and every reading that was judged, a file each. It is above the collectors, which know no checks.
 * `keep` is handed the run, for what else is made of it.
 */
export function checksCollector(keep: (run: CheckRun) => void): Collector {
  return {
    id: 'checks',
    about: 'The answer of RunCheck, and every reading that its checks judge.',
    timeoutSecs: runSecs + 5,
    maxBytes: 4 << 20,
    usualBytes: 1200,
    async entries(context, signal) {
      const run = await runChecks({ world: context.world, select: {}, timeoutSecs: runSecs, signal });
      keep(run);
      const file = (name: string, value: unknown): Entry => ({
        name,
        open: (_, notes) => jsonBody(value, context, notes),
      });
      const readings = Object.entries(run.readings).map(([name, reading]) => file(`facts/${name}.json`, reading));
      return [file('check.json', toCheckJson(run)), ...readings];
    },
  };
}
