import type Docker from 'dockerode';

import { type Engine, ownerLabel, simLabel } from './engine.ts';

/** Secrets planted in the environments of the workloads; none of them may ever leave the device. */
export const plantedSecrets = {
  registryPassword: 'Rg7!planted-registry-password',
  sharedAccessKey: 'cGxhbnRlZC1zaGFyZWQtYWNjZXNzLWtleS0xMjM0NTY3OA==',
  proxyPassword: 'planted-proxy-password',
} as const;

export interface WorkloadsOptions {
  readonly engine: Engine;
  /** The workload image, as `buildWorkloadImage` names it. */
  readonly image: string;
  readonly deviceId: string;
  /** Host folder bound as edgeAgent's storage. */
  readonly storageDir: string;
  /** Environment that IoT Edge gives the module, by module id. */
  readonly moduleEnv: (moduleId: string) => Promise<Record<string, string>>;
  /** The name under which modules reach edgeHub. */
  readonly gatewayHostName: string;
  /** A host of the simulation where nothing listens on the proxy's port: a proxy that is down. */
  readonly proxyHost: string;
}

interface Spec {
  readonly name: string;
  readonly moduleId: string;
  readonly image: string;
  readonly env: Record<string, string>;
  readonly host: Docker.HostConfig;
  readonly tty?: boolean;
  readonly aliases?: string[];
}

/**
 * Starts the containers of a device: edgeAgent, edgeHub, a temperature sensor, one that crash-loops and one on a TTY,
 * with the labels, environments and names that IoT Edge gives them. Stopping the engine removes them.
 */
export async function startWorkloads(options: WorkloadsOptions): Promise<void> {
  const { engine } = options;
  for (const spec of specs(options)) {
    const env = { ...(await options.moduleEnv(spec.moduleId)), ...spec.env };
    const container = await engine.docker.createContainer({
      name: spec.name,
      Image: await imageFor(engine, options.image, spec.image),
      Cmd: ['/bin/sh', `/workload/${spec.name}.sh`],
      Tty: spec.tty ?? false,
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      Labels: moduleLabels(engine.runId, spec.image, env, { HostConfig: spec.host }),
      HostConfig: { ...spec.host, RestartPolicy: { Name: 'always' }, NetworkMode: engine.edge.network },
      NetworkingConfig: { EndpointsConfig: { [engine.edge.network]: { Aliases: spec.aliases ?? [] } } },
    });
    await container.start();
  }
}

/** The labels Edge Agent puts on a module's container. Beware: `.env` and `.create-options` repeat secrets in clear. */
export function moduleLabels(
  runId: string,
  image: string,
  env: Record<string, string>,
  createOptions: unknown,
): Record<string, string> {
  const wrapped = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, { value }]));
  return {
    [simLabel]: runId,
    [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent',
    'net.azure-devices.edge.create-options': JSON.stringify(createOptions),
    'net.azure-devices.edge.env': JSON.stringify(wrapped),
    'net.azure-devices.edge.original-image': image,
    'net.azure-devices.edge.desiredStatus': 'running',
    'net.azure-devices.edge.restartPolicy': 'always',
    'net.azure-devices.edge.version': '1.0',
  };
}

/** On an engine of our own the stand-in may bear the real image's name; on a shared one it must not replace it. */
async function imageFor(engine: Engine, standIn: string, real: string): Promise<string> {
  if (!engine.owned) return standIn;
  const [repo = '', tag = ''] = real.split(/:(?=[^:/]*$)/);
  await engine.docker.getImage(standIn).tag({ repo, tag });
  return real;
}

function specs({ storageDir, deviceId, gatewayHostName, proxyHost }: WorkloadsOptions): Spec[] {
  const registry = {
    CONTAINER_REGISTRY_USERNAME: 'edgepull',
    CONTAINER_REGISTRY_PASSWORD: plantedSecrets.registryPassword,
  };
  return [
    {
      name: 'edgeAgent',
      moduleId: '$edgeAgent',
      image: 'mcr.microsoft.com/azureiotedge-agent:1.5.21',
      env: {
        ...registry,
        EdgeDeviceHostName: gatewayHostName,
        IOTEDGE_MANAGEMENTURI: 'unix:///var/run/iotedge/mgmt.sock',
        Mode: 'iotedged',
        NetworkId: 'azure-iot-edge',
        UpstreamProtocol: 'Mqtt',
        storageFolder: '/iotedge/storage',
        https_proxy: `http://edge:${plantedSecrets.proxyPassword}@${proxyHost}:3128`,
        no_proxy: 'localhost,edgeHub',
      },
      host: { Binds: [`${storageDir}:/iotedge/storage`] },
    },
    {
      name: 'edgeHub',
      moduleId: '$edgeHub',
      image: 'mcr.microsoft.com/azureiotedge-hub:1.5.21',
      env: { EdgeDeviceHostName: gatewayHostName, UpstreamProtocol: 'Mqtt', OptimizeForPerformance: 'false' },
      host: { LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } } },
      aliases: [gatewayHostName],
    },
    {
      name: 'SimulatedTemperatureSensor',
      moduleId: 'SimulatedTemperatureSensor',
      image: 'mcr.microsoft.com/azureiotedge-simulated-temperature-sensor:1.5',
      env: {
        MessageCount: '500',
        STORAGE_CONNECTION: `HostName=hub.example.com;DeviceId=${deviceId};SharedAccessKey=${plantedSecrets.sharedAccessKey}`,
      },
      host: {},
    },
    {
      name: 'crasher',
      moduleId: 'crasher',
      image: 'registry.example.com/crasher:0.1.0-amd64',
      env: {},
      host: {},
    },
    {
      name: 'ttyModule',
      moduleId: 'ttyModule',
      image: 'registry.example.com/tty-module:2.0.3',
      env: {},
      host: {},
      tty: true,
    },
  ];
}
