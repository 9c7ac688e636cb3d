import { randomUUID } from 'node:crypto';
import { Registry } from 'prom-client';
import { createChannelMetrics } from './channel.ts';
import { createCheckMetrics } from './checks.ts';
import { createDeliveryMetrics } from './deliveries.ts';
import { createMethodMetrics } from './methods.ts';
import { addProcessMetrics } from './process.ts';
import { addRedactionMetrics } from './redactions.ts';
import { createTaskMetrics } from './tasks.ts';

/** What is looked up when the page is asked for. */
export interface MetricsSources {
  /** The methods of the tasks that run, one entry a task. */
  readonly runningTasks: () => readonly string[];
  /** What archives take in the data folder. */
  readonly spoolBytes: () => Promise<number>;
  /** Secrets taken out since the start, by rule. */
  readonly redactions: () => ReadonlyMap<string, number>;
}

export interface MetricsParts {
  readonly iothubHostname: string;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly version: string;
  readonly sources: MetricsSources;
}

/** What this module counts of itself. The parts tell it what happens; labels are names of ours, never texts. */
export interface Metrics
  extends ReturnType<typeof createMethodMetrics>,
    ReturnType<typeof createTaskMetrics>,
    ReturnType<typeof createDeliveryMetrics>,
    ReturnType<typeof createChannelMetrics>,
    ReturnType<typeof createCheckMetrics> {
  /** The page, in Prometheus' text format (version 0.0.4). */
  text(): Promise<string>;
}

/**
 * The metrics of one start of the module. Every series has the labels of edgeHub's and edgeAgent's: `iothub`,
 * `edge_device` and `instance_number`, a new one at each start ("Access built-in metrics" of IoT Edge), and `module_name`.
 */
export function createMetrics({ iothubHostname, deviceId, moduleId, version, sources }: MetricsParts): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({
    iothub: iothubHostname,
    edge_device: deviceId,
    instance_number: randomUUID(),
    module_name: moduleId,
  });
  addProcessMetrics(registry, version);
  const parts = {
    ...createMethodMetrics(registry),
    ...createTaskMetrics(registry, sources.runningTasks),
    ...createDeliveryMetrics(registry, sources.spoolBytes),
    ...createChannelMetrics(registry),
    ...createCheckMetrics(registry),
  };
  addRedactionMetrics(registry, sources.redactions);
  // Whoever asks while a page is being made gets that one: many at once are no more work than one.
  let making: Promise<string> | undefined;
  return {
    ...parts,
    text() {
      making ??= registry.metrics().finally(() => {
        making = undefined;
      });
      return making;
    },
  };
}
