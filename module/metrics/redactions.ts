import { Counter, type Registry } from 'prom-client';

/** Secrets that were taken out; the count is kept where redaction is. */
export function addRedactionMetrics(registry: Registry, counts: () => ReadonlyMap<string, number>): void {
  new Counter({
    name: 'edge_support_redactions_total',
    help: "Secrets that were taken out of what leaves the device or is logged, by rule; the owner's rules by their names.",
    labelNames: ['rule'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [rule, count] of counts()) this.inc({ rule }, count);
    },
  });
}
