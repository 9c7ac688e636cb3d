import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type Docker from 'dockerode';

import { type Blob, startBlob } from './blob.ts';
import { moduleReady, type Started } from './edge/module.ts';
import { startAsContainer } from './edge/module-container.ts';
import { startAsProcess } from './edge/module-process.ts';
import { deployedModule, deployedRoutes } from './edge/template.ts';
import { machineName } from './engine/dockerd.ts';
import { removeContents } from './engine/labelled.ts';
import { type Engine, simLabel, startEngine } from './engine.ts';
import { createHost, type Host } from './host.ts';
import { type SimHub, startHub } from './hub/hub.ts';
import { buildModuleImage, buildWorkloadImage, type Platform } from './images.ts';
import { type LatestVersions, startLatestVersions } from './latest-versions.ts';
import { listModules } from './modules.ts';
import { type Ntp, startNtp } from './ntp.ts';
import { createPki, type Pki } from './pki.ts';
import { agentRepository, type Registry, startRegistry } from './registry.ts';
import { createService, type InvokeOptions, type MethodAnswer } from './service.ts';
import { type Site, siteHubName, startDnsOfSite, startSite } from './site.ts';
import { startWorkload, type Workload } from './workload.ts';
import { healthySpecs, type ModuleSpec, typicalSpecs } from './workload-specs.ts';
import { startWorkloads, type Workloads } from './workloads.ts';

export interface LocalEdgeOptions {
  /** The project with Dockerfiles, deployment.template.json and dist/. Default: the one this file belongs to. */
  readonly projectDir?: string;
  /** An engine that runs already; it is left running. Without it a private one is started. */
  readonly engine?: Engine;
  /** False leaves out the workload containers (edgeAgent, edgeHub and so on). Default true. */
  readonly workloads?: boolean;
  /**
   * True: a device that has everything `iotedge check` looks at, in good order, at a site with a name server, by which
   * the hub has a name. Default false: a device as they are met, whose hub has an address only.
   */
  readonly complete?: boolean;
  readonly log?: (line: string) => void;
  /** Ends a start that is under way; what it had started by then is stopped. */
  readonly signal?: AbortSignal;
}

interface ModuleOptions {
  /** As `npm start` does, or as edgeAgent does from the image. */
  readonly as: 'process' | 'container';
  readonly env?: Readonly<Record<string, string>>;
  /** The container's memory limit; default: what deployment.template.json says (128). */
  readonly memoryMb?: number;
  /** For a container: another than this machine's is emulated. */
  readonly platform?: Platform;
  /** For a container: what the manifest's createOptions say beside or instead of the template's, `HostConfig` by its fields. */
  readonly createOptions?: Docker.ContainerCreateOptions;
  /** Binds the engine's own log files into the container, read-only, as docs/compatibility.md describes. */
  readonly engineLogs?: boolean;
  /** For a module as a process: builds the image from which it starts helper containers. Default false. */
  readonly probes?: boolean;
  /** The data folder of a module as a process, e.g. on a small disk. Default: one that is the same at every start. */
  readonly dataDir?: string;
  /** For a module as a process: runs its sources, open for a debugger on this port of 127.0.0.1; 0 is any. */
  readonly inspectPort?: number;
  /** How long to wait until it answers; default 30000. 0 does not wait at all. */
  readonly readyMs?: number;
  readonly signal?: AbortSignal;
}

export interface LocalEdge {
  readonly deviceId: string;
  readonly moduleId: string;
  readonly engine: Engine;
  readonly pki: Pki;
  readonly hub: SimHub;
  readonly workload: Workload;
  readonly blob: Blob;
  readonly host: Host;
  readonly ntp: Ntp;
  /** Has edgeAgent's image. */
  readonly registry: Registry;
  readonly latestVersions: LatestVersions;
  /** The modules' containers, unless they were left out. */
  readonly workloads?: Workloads;
  /** Of a complete device. */
  readonly site?: Site;
  /** The environment that IoT Edge gives the module, for one started by other means on this machine. */
  moduleEnv(): Promise<Record<string, string>>;
  startModule(options: ModuleOptions): Promise<Started>;
  /** Invokes a method of the module through the hub's service side with the real service SDK. */
  invoke(method: string, payload?: unknown, options?: InvokeOptions): Promise<MethodAnswer>;
  /** Stops everything that was started, in reverse order. */
  stop(): Promise<void>;
}

const deviceId = machineName;
const moduleId = 'edgeSupport';

/** Starts a whole device with its cloud: engine, hub, workload API, Blob Storage, host files and workload containers. */
export async function startLocalEdge(options: LocalEdgeOptions = {}): Promise<LocalEdge> {
  const { signal } = options;
  const log = options.log ?? (() => undefined);
  const projectDir = resolve(options.projectDir ?? join(import.meta.dirname, '..'));
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    const failures: unknown[] = [];
    for (const step of undo.splice(0).reverse()) await step().catch((error: unknown) => failures.push(error));
    if (failures.length > 0)
      throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'Stopping failed.');
  };
  const started = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const part = await starting;
    undo.push(() => part.stop());
    signal?.throwIfAborted();
    return part;
  };

  try {
    const dir = await mkdtemp(join(tmpdir(), 'edge-sim-'));
    undo.push(() => rm(dir, { recursive: true, force: true }));
    const pki = await createPki();
    const engine = options.engine ?? (await started(startEngine({ log })));
    log(`Docker engine at ${engine.dockerHost}`);
    undo.push(() => removeRun(engine, options.engine !== undefined));

    const latestVersions = await started(startLatestVersions(engine.uplink.gateway));
    const registry = await started(startRegistry([agentRepository]));
    const dns = options.complete ? await started(startDnsOfSite(engine)) : undefined;
    const hubHostName = dns ? siteHubName : engine.uplink.gateway;
    const hub = await started(
      startHub({
        pki,
        deviceId,
        hubHostName,
        cloud: { address: engine.uplink.gateway },
        edge: { address: engine.edge.gateway, hostName: engine.edge.gateway },
      }),
    );
    hub.setRoutes(await deployedRoutes(projectDir));
    log(`IoT Hub at ${engine.uplink.gateway}, the device's edgeHub at ${engine.edge.gateway}`);
    const blob = await started(startBlob({ dir: join(dir, 'blob'), address: engine.uplink.gateway }));
    log(`Blob Storage (Azurite) at ${blob.containerUrl}`);

    const ntp = await started(startNtp(engine.uplink.gateway));

    const socketPath = join(dir, `${moduleId}.sock`);
    const modules = () => listModules(engine);
    const workload = await started(startWorkload({ socketPath, pki, hub, modules }));
    const environment = async (id: string): Promise<Record<string, string>> => ({
      IOTEDGE_WORKLOADURI: workload.uri,
      IOTEDGE_AUTHSCHEME: 'sasToken',
      IOTEDGE_MODULEGENERATIONID: hub.register(id).generationId,
      IOTEDGE_IOTHUBHOSTNAME: hubHostName,
      IOTEDGE_GATEWAYHOSTNAME: engine.edge.gateway,
      IOTEDGE_DEVICEID: deviceId,
      IOTEDGE_MODULEID: id,
      IOTEDGE_APIVERSION: '2022-08-03',
      RuntimeLogLevel: 'info',
      UpstreamProtocol: 'Mqtt',
    });
    const names = {
      hostname: deviceId,
      deviceId,
      hubHostName,
      agentImage: `${registry.host}/${agentRepository}`,
      ...(dns ? { dns: dns.address, trustsRoot: true } : { daemonProxy: true }),
    };
    const host = await createHost({ dir: join(dir, 'host'), pki, log, ...names });
    const site = dns && (await started(startSite({ engine, host, dir, deviceId, dns })));

    let workloads: Workloads | undefined;
    if (options.workloads !== false) {
      signal?.throwIfAborted();
      const image = await buildWorkloadImage(engine.docker);
      const specs = specsOf(engine, host, names.agentImage, site);
      workloads = await startWorkloads({ engine, image, specs, moduleEnv: environment });
      log(`workload containers: ${specs.map(({ name }) => name).join(', ')}`);
    }

    const service = createService({
      connectionString: hub.serviceConnectionString,
      rootCertificate: pki.rootCertificate,
      deviceId,
      at: hub.operators,
    });
    undo.push(async () => service.close());
    const invoke: LocalEdge['invoke'] = (method, payload = {}, more) => service.invoke(moduleId, method, payload, more);

    const rootFile = join(dir, 'root.pem');
    await writeFile(rootFile, pki.rootCertificate);
    const startModule = async ({
      as,
      readyMs = 30_000,
      memoryMb,
      createOptions = {},
      platform,
      engineLogs = false,
      probes = false,
      dataDir,
      inspectPort,
      ...more
    }: ModuleOptions): Promise<Started> => {
      const deployed = await deployedModule(projectDir, moduleId);
      // In place of a public root, which every module trusts, the simulated hub's is made known.
      const extraRoots = as === 'process' ? rootFile : '/etc/edge-sim/root.pem';
      const own = {
        EDGE_SUPPORT_NTP_SERVER: ntp.server,
        EDGE_SUPPORT_HOST_ROOT: host.hostRoot,
        EDGE_SUPPORT_LATEST_VERSIONS_URL: latestVersions.url,
        ...(site ? { NODE_EXTRA_CA_CERTS: extraRoots } : {}),
      };
      const probeImage =
        as === 'process' && probes
          ? { EDGE_SUPPORT_PROBE_IMAGE: await buildModuleImage(engine.docker, projectDir, { standIn: engine.owned }) }
          : {};
      const env = { ...(await environment(moduleId)), ...deployed.env, ...own, ...probeImage, ...more.env };
      const starting =
        as === 'process'
          ? startAsProcess({ projectDir, dir, env, dockerHost: engine.dockerHost, dataDir, inspectPort })
          : startAsContainer({
              projectDir,
              platform,
              engine,
              moduleId,
              createOptions: {
                ...deployed.createOptions,
                ...createOptions,
                HostConfig: { ...deployed.createOptions.HostConfig, ...createOptions.HostConfig },
              },
              env,
              workloadSocket: socketPath,
              memoryMb,
              engineLogs,
              binds: site ? [`${rootFile}:${extraRoots}:ro`] : [],
            });
      const module = await started(starting);
      if (readyMs > 0) {
        await moduleReady(module, {
          limitMs: readyMs,
          signal: more.signal ?? signal,
          connected: () => hub.connected(moduleId),
          answers: async () => (await invoke('Ping', {}, { timeoutSecs: 5 })).status === 200,
        });
      }
      return module;
    };

    const moduleEnv = () => environment(moduleId);
    const parts = { deviceId, moduleId, engine, pki, hub, workload, blob, host, ntp, registry, latestVersions };
    const more = { ...(workloads ? { workloads } : {}), ...(site ? { site } : {}) };
    return { ...parts, ...more, moduleEnv, startModule, invoke, stop };
  } catch (error) {
    await stop().catch((failure: Error) => log(`while stopping: ${failure.message}`));
    throw error;
  }
}

function specsOf(engine: Engine, host: Host, agentImage: string, site: Site | undefined): ModuleSpec[] {
  const names = { deviceId, gatewayHostName: deviceId, storageDir: host.agentStorage, agentImage };
  if (!site) return typicalSpecs(names, engine.uplink.gateway);
  return healthySpecs({
    ...names,
    hubStorageDir: host.hubStorage,
    managementSocket: site.sockets.managementPath,
    metrics: site.metrics.folders,
  });
}

/** On an engine that goes on running, the run's containers and volumes must go; the networks belong to the engine. */
async function removeRun(engine: Engine, goesOn: boolean): Promise<void> {
  if (goesOn) await removeContents(engine.docker, `${simLabel}=${engine.runId}`);
}
