import type Docker from 'dockerode';

import { versions } from './versions.ts';

/** Secrets planted in the environments of the workloads; none of them may ever leave the device. */
export const plantedSecrets = {
  registryPassword: 'Rg7!planted-registry-password',
  sharedAccessKey: 'cGxhbnRlZC1zaGFyZWQtYWNjZXNzLWtleS0xMjM0NTY3OA==',
  proxyPassword: 'planted-proxy-password',
} as const;

/** What a module's container is made of, as its deployment says. */
export interface ModuleSpec {
  readonly name: string;
  readonly moduleId: string;
  readonly image: string;
  readonly env: Readonly<Record<string, string>>;
  readonly host: Docker.HostConfig;
  /** Default: the script in sim/workloads that bears the module's name. */
  readonly cmd?: readonly string[];
  readonly health?: Docker.HealthConfig;
  readonly tty?: boolean;
  readonly aliases?: readonly string[];
}

export interface SpecNames {
  readonly deviceId: string;
  /** The name under which modules reach edgeHub. */
  readonly gatewayHostName: string;
  /** Host folder bound as edgeAgent's storage. */
  readonly storageDir: string;
  readonly agentImage: string;
}

/** What a device needs beyond that to have nothing that could be complained of. */
export interface HealthyNames extends SpecNames {
  readonly hubStorageDir: string;
  /** edged's management socket on the host. */
  readonly managementSocket: string;
  /** Folders that edgeAgent's and edgeHub's metrics are served from. */
  readonly metrics: { readonly edgeAgent: string; readonly edgeHub: string };
}

const hubImage = `mcr.microsoft.com/azureiotedge-hub:${versions['aziot-edge']}`;
const boundedLog = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } };

/** The environment that makes edgeAgent one, by whichever device. */
const agentEnv = (gatewayHostName: string) => ({
  CONTAINER_REGISTRY_USERNAME: 'edgepull',
  CONTAINER_REGISTRY_PASSWORD: plantedSecrets.registryPassword,
  EdgeDeviceHostName: gatewayHostName,
  IOTEDGE_MANAGEMENTURI: 'unix:///var/run/iotedge/mgmt.sock',
  Mode: 'iotedged',
  NetworkId: 'azure-iot-edge',
  UpstreamProtocol: 'Mqtt',
  storageFolder: '/iotedge/storage',
});

const sensor = (deviceId: string): ModuleSpec => ({
  name: 'SimulatedTemperatureSensor',
  moduleId: 'SimulatedTemperatureSensor',
  image: 'mcr.microsoft.com/azureiotedge-simulated-temperature-sensor:1.5',
  env: {
    MessageCount: '500',
    STORAGE_CONNECTION: `HostName=hub.example.com;DeviceId=${deviceId};SharedAccessKey=${plantedSecrets.sharedAccessKey}`,
  },
  host: {},
});

/** A device as they are met: a proxy that is down, a module that crash-loops, logs without limit. */
export function typicalSpecs(names: SpecNames, proxyHost: string): ModuleSpec[] {
  const { storageDir, deviceId, gatewayHostName } = names;
  const plain = (name: string, image: string): ModuleSpec => ({ name, moduleId: name, image, env: {}, host: {} });
  return [
    {
      name: 'edgeAgent',
      moduleId: '$edgeAgent',
      image: names.agentImage,
      env: {
        ...agentEnv(gatewayHostName),
        https_proxy: `http://edge:${plantedSecrets.proxyPassword}@${proxyHost}:3128`,
        no_proxy: 'localhost,edgeHub',
      },
      host: { Binds: [`${storageDir}:/iotedge/storage`] },
    },
    {
      name: 'edgeHub',
      moduleId: '$edgeHub',
      image: hubImage,
      env: { EdgeDeviceHostName: gatewayHostName, UpstreamProtocol: 'Mqtt', OptimizeForPerformance: 'false' },
      host: { LogConfig: boundedLog },
      aliases: [gatewayHostName],
    },
    sensor(deviceId),
    plain('crasher', 'registry.example.com/crasher:0.1.0-amd64'),
    { ...plain('ttyModule', 'registry.example.com/tty-module:2.0.3'), tty: true },
  ];
}

/** A device that is as Microsoft's production checklist wants it. */
export function healthySpecs(names: HealthyNames): ModuleSpec[] {
  const { storageDir, hubStorageDir, deviceId, gatewayHostName, managementSocket, metrics } = names;
  return [
    {
      name: 'edgeAgent',
      moduleId: '$edgeAgent',
      image: names.agentImage,
      env: agentEnv(gatewayHostName),
      host: {
        Binds: [
          `${storageDir}:/iotedge/storage`,
          `${managementSocket}:/var/run/iotedge/mgmt.sock`,
          `${metrics.edgeAgent}:/srv:ro`,
        ],
        LogConfig: boundedLog,
      },
    },
    {
      name: 'edgeHub',
      moduleId: '$edgeHub',
      image: hubImage,
      env: { EdgeDeviceHostName: gatewayHostName, UpstreamProtocol: 'Mqtt', storageFolder: '/iotedge/storage' },
      host: {
        Binds: [`${hubStorageDir}:/iotedge/storage`, `${metrics.edgeHub}:/srv:ro`],
        LogConfig: boundedLog,
      },
      aliases: [gatewayHostName],
    },
    { ...sensor(deviceId), host: { LogConfig: boundedLog } },
  ];
}
