import { Counter, Gauge, type Registry } from 'prom-client';

/** What the module is and takes. Names as Prometheus' client libraries have them ("Writing client libraries"). */
export function addProcessMetrics(registry: Registry, version: string): void {
  const registers = [registry];
  new Gauge({
    name: 'edge_support_build_info',
    help: 'Always 1; the labels say which version of this module runs, on which Node.js.',
    labelNames: ['version', 'node_version'],
    registers,
  }).set({ version, node_version: process.versions.node }, 1);
  new Gauge({
    name: 'process_start_time_seconds',
    help: "When this module was started, by the device's clock; Unix time.",
    registers,
  }).set(Math.round(performance.timeOrigin) / 1000);
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'CPU time that this module has taken.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Memory that this module has resident.',
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
}
