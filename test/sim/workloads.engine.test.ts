import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { removeContents } from '../../sim/engine/labelled.ts';
import { type Engine, ownerLabel, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { waitFor } from '../../sim/wait.ts';
import { typicalSpecs } from '../../sim/workload-specs.ts';
import { plantedSecrets, startWorkloads } from '../../sim/workloads.ts';
import { testEngine } from '../support/local-edge.ts';

// Nobody listens there: the engine asks no registry outside of this machine.
const agentImage = '127.0.0.1:9/azureiotedge-agent:1.5.21';

let engine: Engine;
let dir: string;
beforeAll(async () => {
  engine = testEngine();
  dir = await mkdtemp(join(tmpdir(), 'workloads-'));
  await startWorkloads({
    engine,
    image: await buildWorkloadImage(engine.docker),
    specs: typicalSpecs(
      { deviceId: 'device', storageDir: dir, gatewayHostName: 'device.example.com', agentImage },
      engine.uplink.gateway,
    ),
    moduleEnv: async (id) => ({ IOTEDGE_MODULEID: id }),
  });
}, 60_000);
afterAll(async () => {
  await removeContents(engine.docker, `${simLabel}=${engine.runId}`);
  await rm(dir, { recursive: true, force: true });
}, 60_000);

const inspect = (name: string) => engine.docker.getContainer(name).inspect();

async function log(name: string): Promise<string> {
  return (await engine.docker.getContainer(name).logs({ stdout: true, stderr: true })).toString();
}

const modules = ['SimulatedTemperatureSensor', 'crasher', 'edgeAgent', 'edgeHub', 'ttyModule'];

test('the modules of a device bear the owner label and the names they have on a device', async () => {
  const label = [`${ownerLabel}=Microsoft.Azure.Devices.Edge.Agent`, `${simLabel}=${engine.runId}`];
  const found = await engine.docker.listContainers({ all: true, filters: { label } });
  expect(found.map(({ Names }) => Names[0]?.slice(1)).sort()).toEqual(modules);
});

test('only edgeAgent keeps its storage on the host, and only edgeHub limits its log', async () => {
  const [agent, hub] = [await inspect('edgeAgent'), await inspect('edgeHub')];
  expect(agent.Config.Env).toContain('storageFolder=/iotedge/storage');
  expect(agent.HostConfig.Binds).toEqual([`${dir}:/iotedge/storage`]);
  expect(hub.HostConfig.Binds).toBeNull();
  expect(hub.HostConfig.LogConfig?.Config).toEqual({ 'max-size': '10m', 'max-file': '3' });
  expect(agent.HostConfig.LogConfig?.Config).toEqual({});
});

test('secrets are planted in environments and repeated in labels, as Edge Agent does', async () => {
  const { Config } = await inspect('edgeAgent');
  expect(Config.Env).toContain(`CONTAINER_REGISTRY_PASSWORD=${plantedSecrets.registryPassword}`);
  expect(Config.Labels['net.azure-devices.edge.env']).toContain(plantedSecrets.registryPassword);
});

test.each(['edgeAgent', 'edgeHub', 'SimulatedTemperatureSensor'])(
  '%s logs lines in the form of IoT Edge',
  async (name) => {
    const text = await waitFor(
      'the log',
      async () => ((await log(name)).split('\n').length > 10 ? log(name) : undefined),
      {
        limitMs: 10_000,
      },
    );
    expect(text).toMatch(/<6> \d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{3} \+00:00 \[INF\] - \S/);
  },
);

test('log times never go back', async () => {
  const text = await log('SimulatedTemperatureSensor');
  const times = [...text.matchAll(/<\d> (\S+ \S+) \+00:00/g)].map((match) => match[1]);
  expect(times.length).toBeGreaterThan(50);
  expect(times).toEqual(times.toSorted());
});

test('the log of edgeHub holds letters beyond ASCII, stack traces and blank lines', async () => {
  const complete = async () => {
    const text = await log('edgeHub');
    return text.includes('Größe') && text.includes('   at Microsoft.Azure') ? true : undefined;
  };
  expect(await waitFor('the log of edgeHub', complete, { limitMs: 10_000 })).toBe(true);
});

test('the crasher fails again and again with its stack trace in the log', async () => {
  const crashed = async () => ((await inspect('crasher')).RestartCount >= 2 ? true : undefined);
  await waitFor('two restarts', crashed, { limitMs: 15_000 });
  expect(await log('crasher')).toContain('at Crasher.Program.Main');
}, 20_000);

test('the TTY module writes a raw stream, with colours and carriage returns', async () => {
  expect((await inspect('ttyModule')).Config.Tty).toBe(true);
  expect(await log('ttyModule')).toMatch(/^<6>[^\n]*ttyModule started on \/dev\/(pts\/0|console)\r\n/);
  expect(await log('ttyModule')).toContain('\x1b[32mready');
});

test('a module obeys SIGTERM at once', async () => {
  const started = performance.now();
  await engine.docker.getContainer('SimulatedTemperatureSensor').restart({ t: 10 });
  expect(performance.now() - started).toBeLessThan(5000);
});
