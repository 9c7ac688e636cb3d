import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ruleComment } from '../../sim/engine/labels.ts';
import { processesOf } from '../../sim/engine/owner.ts';
import { run } from '../../sim/engine/run.ts';
import { type Engine, ownerLabel, simLabel, startEngine } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'eng-'));
});
afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

const links = () => readdir('/sys/class/net');
const mounts = async () =>
  (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((line) => line.includes(dir));
/** Resolves when an address is one of this machine's. */
async function listenAt(address: string): Promise<void> {
  const server = createServer().listen(0, address);
  await once(server, 'listening');
  server.close();
}

/** A container that runs until it is stopped. */
async function runContainer(engine: Engine, name: string, labels: Record<string, string> = {}): Promise<void> {
  const image = await buildWorkloadImage(engine.docker);
  const cmd = ['/bin/sh', '-c', 'trap "exit 0" TERM; while true; do sleep 1; done'];
  const container = await engine.docker.createContainer({ name, Image: image, Cmd: cmd, Labels: labels });
  await container.start();
}

describe('a private engine', () => {
  test('has the networks of a device, reachable from here, and leaves nothing behind', async () => {
    const before = await links();
    const engine = await startEngine({ dir });
    try {
      expect(engine.owned).toBe(true);
      expect(engine.edge.network).toBe('azure-iot-edge');
      await listenAt(engine.edge.gateway);
      await listenAt(engine.uplink.gateway);
      await runContainer(engine, 'left-running');
    } finally {
      await engine.stop();
    }
    expect(await readdir(dir)).toEqual([]);
    expect(await links()).toEqual(before);
    expect(await mounts()).toEqual([]);
    expect(await processesOf(dir)).toEqual([]);
  });

  test('a second one beside it has other addresses', async () => {
    const first = await startEngine({ dir });
    try {
      const second = await startEngine({ dir });
      try {
        expect(second.edge.subnet).not.toBe(first.edge.subnet);
        expect(await first.docker.ping()).toBeTruthy();
      } finally {
        await second.stop();
      }
      expect(await first.docker.ping()).toBeTruthy();
    } finally {
      await first.stop();
    }
  });

  test('what a killed run left is cleared by the next start', async () => {
    const before = await links();
    const script = `
      const { startEngine } = await import(${JSON.stringify(join(import.meta.dirname, '../../sim/engine.ts'))});
      const { buildWorkloadImage } = await import(${JSON.stringify(join(import.meta.dirname, '../../sim/images.ts'))});
      const { blockCloud } = await import(${JSON.stringify(join(import.meta.dirname, '../../sim/firewall.ts'))});
      const engine = await startEngine({ dir: ${JSON.stringify(dir)} });
      const { docker } = engine;
      await blockCloud(engine, { protocol: 'tcp', port: 8883 });
      const Image = await buildWorkloadImage(docker);
      const container = await docker.createContainer({ Image, Cmd: ['/bin/sleep', '1000'], HostConfig: { RestartPolicy: { Name: 'always' } } });
      await container.start();
      console.log('running');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const [left = ''] = await readdir(dir);
    expect(await processesOf(join(dir, left))).not.toEqual([]);
    const rules = () => run('iptables', ['-w', '5', '-S', 'INPUT']);
    const comment = ruleComment(left.replace(/^engine-/, ''));
    expect(await rules()).toContain(comment);

    const engine = await startEngine({ dir });
    try {
      expect(await readdir(dir)).not.toContain(left);
      expect(await processesOf(join(dir, left))).toEqual([]);
      expect(await rules()).not.toContain(comment);
    } finally {
      await engine.stop();
    }
    expect(await links()).toEqual(before);
    expect(await mounts()).toEqual([]);
  });
});

describe('an engine that others use too', () => {
  let host: Engine;
  const shared = () => startEngine({ env: { PATH: '', DOCKER_HOST: host.dockerHost } });
  beforeEach(async () => {
    host = await startEngine({ dir });
  });
  afterEach(() => host.stop());

  test('keeps what is not ours', async () => {
    await runContainer(host, 'foreign');
    const engine = await shared();
    expect(engine.owned).toBe(false);
    await runContainer(engine, 'ours', { [simLabel]: engine.runId });
    await engine.stop();
    const left = await host.docker.listContainers();
    expect(left.map(({ Names }) => Names)).toEqual([['/foreign']]);
    const networks = await host.docker.listNetworks();
    expect(networks.map(({ Name }) => Name).sort()).toEqual(['bridge', 'host', 'none']);
  });

  test('keeps none of our images, unless somebody else uses them', async () => {
    await runContainer(host, 'foreign');
    await (await shared()).stop();
    expect(await host.docker.listImages()).toHaveLength(1);
    await host.docker.getContainer('foreign').remove({ force: true });
    await (await shared()).stop();
    expect(await host.docker.listImages()).toEqual([]);
  });

  test('is refused when IoT Edge runs on it', async () => {
    await runContainer(host, 'edgeAgent', { [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent' });
    await expect(shared()).rejects.toThrow(
      'IoT Edge runs on this Docker engine (container /edgeAgent): the local IoT Edge does not start beside it.',
    );
  });

  test('is refused while another local IoT Edge runs on it', async () => {
    await runContainer(host, 'edgeAgent', { [simLabel]: 'other' });
    await expect(shared()).rejects.toThrow('Another local IoT Edge (run other) uses this Docker engine');
  });
});

test('without any engine one sentence says what to install', async () => {
  await expect(startEngine({ env: { PATH: '', DOCKER_HOST: 'unix:///nowhere/docker.sock' } })).rejects.toThrow(
    /^The local IoT Edge needs a Docker engine: run as root with the packages docker\.io, iproute2 and util-linux installed \(missing: dockerd, containerd, runc, ip, unshare\), or make one reachable at unix:\/\/\/nowhere\/docker\.sock \(connect ENOENT/,
  );
});
