import { SupportError } from '../../module/base/errors.ts';
import type { ContainerInspect, EdgeModule, EngineInfo } from '../../module/docker/docker.ts';
import { readFacts } from '../../module/facts/index.ts';
import { dockerWith, worldWith } from './support/world.ts';

const module = (name: string): EdgeModule => ({
  name,
  containerId: `id-${name}`,
  image: `${name}:1`,
  state: 'running',
  status: 'Up',
  labels: {},
});

const secret = 'SharedAccessKey=c2VjcmV0';

/** What `docker inspect` answers, with secrets in the places where devices have them. */
const inspect = {
  Name: '/edgeAgent',
  RestartCount: 3,
  State: {
    Status: 'running',
    ExitCode: 0,
    OOMKilled: false,
    StartedAt: 's',
    FinishedAt: 'f',
    Health: { Status: 'healthy' },
  },
  Config: {
    Image: 'agent:1.5',
    Env: [
      `DeviceConnectionString=${secret}`,
      'StorageFolder=/iotedge/storage',
      'UpstreamProtocol=AmqpWs',
      'HTTPS_PROXY=http://edge:hunter2@proxy:3128',
    ],
    Volumes: { '/data': {} },
    Labels: { env: secret },
  },
  HostConfig: {
    LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3', env: secret } },
    Dns: ['10.0.0.2'],
    ExtraHosts: ['parent:10.0.0.3'],
  },
  Mounts: [
    { Type: 'bind', Source: '/iotedge/storage', Destination: '/iotedge/storage' },
    { Type: 'volume', Name: 'v'.repeat(64), Source: '/var/lib/docker/volumes/v/_data', Destination: '/data' },
  ],
  NetworkSettings: { Networks: { 'azure-iot-edge': {} } },
} as unknown as ContainerInspect;

test('containers are reduced to what checks need: no other environment value, label or log option', async () => {
  const docker = dockerWith({ modules: async () => [module('edgeAgent')], inspect: async () => inspect });
  const { edgeContainers } = await readFacts(['edgeContainers'], worldWith({ docker }));
  expect(edgeContainers).toMatchObject({
    value: {
      unreadable: [],
      containers: [
        {
          name: 'edgeAgent',
          image: 'agent:1.5',
          state: 'running',
          health: 'healthy',
          restartCount: 3,
          log: { driver: 'json-file', maxSize: '10m', maxFile: '3' },
          storageFolder: '/iotedge/storage',
          upstreamProtocol: 'AmqpWs',
          httpsProxy: 'http://***@proxy:3128',
          volumes: ['/data'],
          dns: ['10.0.0.2'],
          extraHosts: ['parent:10.0.0.3'],
          networks: ['azure-iot-edge'],
        },
      ],
    },
  });
  expect(JSON.stringify(edgeContainers)).not.toContain(secret);
  expect(JSON.stringify(edgeContainers)).not.toContain('hunter2');
});

test('a container removed meanwhile is left out, one that cannot be inspected is named, the rest are there', async () => {
  const docker = dockerWith({
    modules: async () => ['d', 'c', 'b', 'a', 'gone', 'broken'].map(module),
    inspect: async (name) => {
      if (name === 'gone') throw new SupportError('not-found', 'no such container');
      if (name === 'broken') throw new SupportError('unavailable', 'the engine answered 500');
      return inspect;
    },
  });
  const { edgeContainers } = await readFacts(['edgeContainers'], worldWith({ docker }));
  if (!('value' in edgeContainers)) throw new Error(edgeContainers.why);
  expect(edgeContainers.value.containers.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd']);
  expect(edgeContainers.value.unreadable).toEqual([{ name: 'broken', why: 'the engine answered 500' }]);
});

test('an engine that does not answer is a reading with its address', async () => {
  const { engineVersion } = await readFacts(['engineVersion'], worldWith({}));
  expect(engineVersion).toMatchObject({
    value: { address: 'unix:///var/run/docker.sock', error: 'The container engine at memory cannot be reached.' },
  });
});

test("the engine's proxies are without their password", async () => {
  const info: EngineInfo = {
    name: 'edge1',
    serverVersion: '27.0.0',
    loggingDriver: 'local',
    systemTime: '2026-01-02T03:04:05.678901234Z',
    httpProxy: 'http://edge:hunter2@proxy:3128',
    httpsProxy: 'http://edge:hunter2@proxy:3128',
    noProxy: 'localhost',
    dockerRootDir: '/var/lib/docker',
    raw: { OperatingSystem: 'Ubuntu 24.04.1 LTS', OSVersion: '24.04', HttpProxy: 'http://edge:hunter2@proxy:3128' },
  };
  const { engineInfo } = await readFacts(['engineInfo'], worldWith({ docker: dockerWith({ info: async () => info }) }));
  expect(engineInfo).toMatchObject({
    value: {
      hostname: 'edge1',
      operatingSystem: 'Ubuntu 24.04.1 LTS',
      osVersion: '24.04',
      httpsProxy: 'http://***@proxy:3128',
      clock: { engine: Date.UTC(2026, 0, 2, 3, 4, 5, 678) },
    },
  });
  expect(JSON.stringify(engineInfo)).not.toContain('hunter2');
});
