import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Docker from 'dockerode';

import { type Child, startChild } from '../child.ts';
import { type Block, freeBlocks } from './addresses.ts';
import { configureDockerd, startDockerd } from './dockerd.ts';
import { clearEngine, clearLeftovers } from './leftovers.ts';
import { createNetwork, type EngineNetwork } from './networks.ts';
import { type Owner, startedAt } from './owner.ts';
import { run, systemPath } from './run.ts';

export interface PrivateEngine {
  readonly dockerHost: string;
  readonly dir: string;
  readonly edge: EngineNetwork;
  readonly uplink: EngineNetwork;
  stop(): Promise<void>;
}

/**
 * Starts a dockerd and a containerd that nobody else uses: own data, sockets, bridges and addresses, and no firewall
 * rules, because dockerd empties the rules of every other engine on the machine when it sets up its own.
 * Containers therefore reach this machine and each other, but no other network.
 */
export async function startPrivateEngine(
  parent: string,
  runId: string,
  log: (line: string) => void,
): Promise<PrivateEngine> {
  await mkdir(parent, { recursive: true, mode: 0o700 });
  for (const dir of await clearLeftovers(parent)) log(`removed what an earlier run left in ${dir}`);
  const dir = join(parent, `engine-${runId}`);
  await mkdir(dir, { mode: 0o711 });
  const bridges: string[] = [];
  const children: Child[] = [];
  const stop = async () => {
    await removeContainers(join(dir, 'docker.sock')).catch(() => undefined);
    for (const child of children.toReversed()) await child.stop(20_000);
    await clearEngine(dir, bridges);
  };
  try {
    const block = await claim(dir, bridges);
    const containerd = await startContainerd(dir);
    children.push(containerd);
    await configureDockerd(dir, block);
    children.push(await startDockerd(dir, containerd));
    const docker = new Docker({ socketPath: join(dir, 'docker.sock') });
    const edge = await createNetwork(docker, 'azure-iot-edge', runId, block.edge);
    const uplink = await createNetwork(docker, 'uplink', runId, block.uplink);
    return { dockerHost: `unix://${join(dir, 'docker.sock')}`, dir, edge, uplink, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Takes the first free block by making its bridge: the kernel lets only one process make an interface of a name.
 * Adds the interfaces that are ours from then on to `bridges`.
 */
async function claim(dir: string, bridges: string[]): Promise<Block> {
  const signFolder = async () => {
    const owner: Owner = { pid: process.pid, started: (await startedAt(process.pid)) ?? '', bridges };
    await writeFile(join(dir, 'owner.json'), JSON.stringify(owner));
  };
  await signFolder();
  for (const block of await freeBlocks()) {
    if (!(await makeBridge(block.bridge.name))) continue;
    bridges.push(block.bridge.name, block.edge.bridgeName, block.uplink.bridgeName);
    await signFolder();
    await run('ip', ['addr', 'add', block.bridge.cidr, 'dev', block.bridge.name]);
    await run('ip', ['link', 'set', block.bridge.name, 'up']);
    return block;
  }
  throw new Error('All of the 48 address blocks from 10.213.0.0 to 10.215.255.255 are in use on this machine.');
}

async function makeBridge(name: string): Promise<boolean> {
  try {
    await run('ip', ['link', 'add', 'name', name, 'type', 'bridge']);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes('File exists')) return false;
    throw error;
  }
}

async function startContainerd(dir: string): Promise<Child> {
  const config = join(dir, 'containerd.toml');
  await writeFile(
    config,
    `version = 2
root = "${dir}/containerd/root"
state = "${dir}/containerd/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${dir}/containerd.sock"
[ttrpc]
  address = "${dir}/containerd.sock.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "${dir}/containerd/opt"
`,
  );
  return startChild({
    name: 'containerd',
    command: 'containerd',
    args: ['--config', config, '--log-level', 'warn'],
    env: { PATH: systemPath, TMPDIR: dir },
    logFile: join(dir, 'containerd.log'),
  });
}

async function removeContainers(socketPath: string): Promise<void> {
  const docker = new Docker({ socketPath, timeout: 15_000 });
  const all = await docker.listContainers({ all: true });
  await Promise.all(
    all.map(({ Id }) =>
      docker
        .getContainer(Id)
        .remove({ force: true, v: true })
        .catch(() => undefined),
    ),
  );
}
