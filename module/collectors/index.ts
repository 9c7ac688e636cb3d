import type { Collector } from './collector.ts';
import { inspect } from './inspect.ts';
import { moduleLogs } from './module-logs.ts';
import { networks } from './networks.ts';

/** Every collector, in the order of the archive: what is small comes first. */
export const collectors: readonly Collector[] = [inspect, networks, moduleLogs];
