import { join } from 'node:path';

import { type Dns, startDns } from './dns.ts';
import type { Engine } from './engine.ts';
import { type DaemonSockets, startDaemonSockets } from './host/sockets.ts';
import type { Host } from './host.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { listModules } from './modules.ts';

/** What a complete device has beyond one as they are met. */
export interface Site {
  readonly dns: Dns;
  readonly sockets: DaemonSockets;
  readonly metrics: Metrics;
  stop(): Promise<void>;
}

/** The hub's name where there is a name server. */
export const siteHubName = 'edge-hub-sim.azure-devices.test';

/** The site's name server, which the private engine gives to its containers. */
export function startDnsOfSite({ uplink }: Engine): Promise<Dns> {
  return startDns(uplink.gateway, { [siteHubName]: [uplink.gateway] });
}

export interface SiteParts {
  readonly engine: Engine;
  readonly host: Host;
  readonly dir: string;
  readonly deviceId: string;
  readonly dns: Dns;
}

/** Starts what lies in the host's files, and writes the metrics of edgeAgent and edgeHub. */
export async function startSite({ engine, host, dir, deviceId, dns }: SiteParts): Promise<Site> {
  const metrics = await createMetrics({ dir: join(dir, 'metrics'), deviceId, hubHostName: siteHubName });
  const sockets = await startDaemonSockets({ hostRoot: host.hostRoot, modules: () => listModules(engine) });
  return { dns, sockets, metrics, stop: sockets.stop };
}
