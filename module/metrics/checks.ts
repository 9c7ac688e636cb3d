import { Counter, Gauge, type Registry } from 'prom-client';

/** What RunCheck found. */
export function createCheckMetrics(registry: Registry) {
  const registers = [registry];
  const result = new Gauge({
    name: 'edge_support_check_result',
    help: "Always 1; the labels say what each check's newest run gave: ok, warning, error, skipped or ignored.",
    labelNames: ['check', 'result'],
    registers,
  });
  const results = new Counter({
    name: 'edge_support_check_results_total',
    help: 'Results of checks in all runs of RunCheck.',
    labelNames: ['result'],
    registers,
  });
  const last = new Gauge({
    name: 'edge_support_last_check_run_timestamp_seconds',
    help: "When RunCheck ran last, by the device's clock; Unix time, 0 when it has not since the start.",
    registers,
  });
  const newest = new Map<string, string>();
  return {
    checked(found: readonly { readonly id: string; readonly outcome: string }[]): void {
      for (const { id, outcome } of found) {
        const before = newest.get(id);
        if (before !== undefined) result.remove(id, before);
        newest.set(id, outcome);
        result.set({ check: id, result: outcome }, 1);
        results.inc({ result: outcome });
      }
      last.setToCurrentTime();
    },
  };
}
