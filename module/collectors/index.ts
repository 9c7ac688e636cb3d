import type { Collector } from './collector.ts';
import { engine } from './engine.ts';
import { failures } from './failures.ts';
import { host } from './host.ts';
import { hostConfig } from './host-config.ts';
import { inspect } from './inspect.ts';
import { metrics } from './metrics.ts';
import { moduleLogs } from './module-logs.ts';
import { modules } from './modules.ts';
import { networks } from './networks.ts';
import { own } from './own.ts';
import { systemLogs } from './system-logs.ts';

/** Every collector, in the order in which they begin: what is small comes first. */
export const collectors: readonly Collector[] = [
  modules,
  inspect,
  networks,
  engine,
  host,
  hostConfig,
  metrics,
  own,
  failures,
  systemLogs,
  moduleLogs,
];
