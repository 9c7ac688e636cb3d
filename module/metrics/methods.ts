import { Counter, Histogram, type Registry } from 'prom-client';

/** From a Ping to the longest that IoT Hub waits; seconds. */
const buckets = [0.01, 0.1, 0.5, 2, 5, 30, 300];

/** Direct methods; names that no method has are one, `unknown`, so that nobody outside can add series. */
export function createMethodMetrics(registry: Registry) {
  const registers = [registry];
  const calls = new Counter({
    name: 'edge_support_method_calls_total',
    help: 'Direct method calls that were answered, by method and status of the answer.',
    labelNames: ['method', 'status'],
    registers,
  });
  const durations = new Histogram({
    name: 'edge_support_method_duration_seconds',
    help: 'How long direct method calls took.',
    labelNames: ['method'],
    buckets,
    registers,
  });
  return {
    /** A call was answered; `method` is the registry's name of it, or `unknown`. */
    called(method: string, status: number, seconds: number): void {
      calls.inc({ method, status });
      durations.observe({ method }, seconds);
    },
  };
}
