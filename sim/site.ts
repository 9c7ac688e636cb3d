import { join } from 'node:path';

import { type Dns, startDns } from './dns.ts';
import type { Engine } from './engine.ts';
import { type DaemonSockets, startDaemonSockets } from './host/sockets.ts';
import type { Host } from './host.ts';
import { type LatestVersions, startLatestVersions } from './latest-versions.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { listModules } from './modules.ts';
import { type Registry, startRegistry } from './registry.ts';

/** What a device finds around it and runs beside its modules, when it has everything that checks look at. */
export interface Site {
  readonly dns: Dns;
  readonly registry: Registry;
  /** The image that edgeAgent is started from; the registry has it. */
  readonly agentImage: string;
  readonly latestVersions: LatestVersions;
  readonly sockets: DaemonSockets;
  readonly metrics: Metrics;
}

/** The hub's name on a device whose site has a name server. */
export const siteHubName = 'edge-hub-sim.azure-devices.test';

/** Starts what must be there before the host's files are made: they name it. */
export async function startCloudOfSite(engine: Engine, started: Started) {
  const { gateway } = engine.uplink;
  const repository = 'azureiotedge-agent:1.5.21';
  const dns = await started(startDns(gateway, { [siteHubName]: [gateway] }));
  const registry = await started(startRegistry([repository]));
  const latestVersions = await started(startLatestVersions(gateway));
  return { dns, registry, latestVersions, agentImage: `${registry.host}/${repository}` };
}

/** Starts the rest, which lies in the host's files. */
export async function startSite(
  cloud: Awaited<ReturnType<typeof startCloudOfSite>>,
  parts: { readonly engine: Engine; readonly host: Host; readonly dir: string; readonly deviceId: string },
  started: Started,
): Promise<Site> {
  const { engine, host, dir, deviceId } = parts;
  const modules = () => listModules(engine);
  const sockets = await started(startDaemonSockets({ hostRoot: host.hostRoot, modules }));
  const metrics = await createMetrics({ dir: join(dir, 'metrics'), deviceId, hubHostName: siteHubName });
  return { ...cloud, sockets, metrics };
}

/** Takes note of a part, so that it is stopped with the device. */
export type Started = <T extends { stop(): Promise<void> }>(starting: Promise<T>) => Promise<T>;
