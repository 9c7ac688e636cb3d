import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type SimHub, startHub } from '../../sim/hub/hub.ts';
import { createPki } from '../../sim/pki.ts';
import { createService, type Service } from '../../sim/service.ts';
import { startWorkload, type Workload } from '../../sim/workload.ts';
import { DEVICE, MODULE, until } from '../sim/support/hub.ts';

/*
 * A link that drops every packet and says nothing: no FIN, no RST, on either side. The module runs in a network
 * namespace of its own, so that its link can be cut without the hub or the kernel's loopback knowing.
 */

const space = 'edge-support-half-open';
const [hubAddress, moduleAddress] = ['10.77.36.1', '10.77.36.2'];
const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' });
const inside = (...args: string[]) => ip('netns', 'exec', space, ...args);

let folder: string;
let hub: SimHub;
let workload: Workload;
let service: Service;

beforeAll(async () => {
  // An earlier run may have been killed.
  spawnSync('ip', ['netns', 'delete', space]);
  ip('netns', 'add', space);
  ip('link', 'add', 'es-half0', 'type', 'veth', 'peer', 'name', 'es-half1', 'netns', space);
  ip('address', 'add', `${hubAddress}/30`, 'dev', 'es-half0');
  ip('link', 'set', 'es-half0', 'up');
  inside('ip', 'address', 'add', `${moduleAddress}/30`, 'dev', 'es-half1');
  inside('ip', 'link', 'set', 'es-half1', 'up');
  folder = await mkdtemp(path.join(tmpdir(), 'half-open-'));
  const pki = await createPki();
  // The service side stays on loopback, out of the fault's reach.
  const cloud = { address: '127.77.36.3' };
  const edge = { address: hubAddress, hostName: hubAddress };
  hub = await startHub({ pki, deviceId: DEVICE, hubHostName: cloud.address, cloud, edge });
  workload = await startWorkload({ socketPath: path.join(folder, 'workload.sock'), pki, hub });
  const { serviceConnectionString: connectionString, rootCertificate } = hub;
  service = createService({ connectionString, rootCertificate, deviceId: DEVICE });
}, 20_000);

afterAll(async () => {
  service.close();
  await workload.stop();
  await hub.stop();
  ip('netns', 'delete', space);
  await rm(folder, { recursive: true });
});

test('a link that swallows every packet is noticed, and calls are answered within 3 s of its cure', async () => {
  const variables = {
    PATH: process.env.PATH,
    IOTEDGE_WORKLOADURI: workload.uri,
    IOTEDGE_DEVICEID: DEVICE,
    IOTEDGE_MODULEID: MODULE,
    IOTEDGE_MODULEGENERATIONID: hub.register(MODULE).generationId,
    IOTEDGE_IOTHUBHOSTNAME: '127.77.36.3',
    IOTEDGE_GATEWAYHOSTNAME: hubAddress,
  };
  const program = path.join(import.meta.dirname, 'support/half-open-child.ts');
  const child = spawn('ip', ['netns', 'exec', space, process.execPath, program], { env: variables });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += String(part)));
  const ended = once(child, 'exit');
  const lines = (kind: string) => output.split('\n').filter((line) => line.startsWith(`${kind} `));
  try {
    await until('the connection', () => lines('state').at(-1) === 'state open', 10_000);
    expect((await service.invoke(MODULE, 'Echo', { call: 0 }, { timeoutSecs: 5 })).payload).toEqual({ call: 0 });

    inside('iptables', '-A', 'INPUT', '-j', 'DROP');
    inside('iptables', '-A', 'OUTPUT', '-j', 'DROP');
    const cut = performance.now();
    await until('the deafness', () => lines('state').at(-1) !== 'state open', 5000);
    const noticedMs = performance.now() - cut;
    expect(noticedMs).toBeLessThan(2500);
    // Calls that go into the dead link are lost; they must not be run later.
    const lost = service.invoke(MODULE, 'Echo', { call: 'lost' }, { timeoutSecs: 5 });
    await expect(lost).rejects.toThrow(/504101|404103/);
    inside('iptables', '-F');

    const cured = performance.now();
    // A call that the hub still sends into the dead connection is only missed after 5 s: the next must not wait for it.
    let answered = false;
    const calls: Promise<void>[] = [];
    for (let call = 1; !answered && performance.now() - cured < 10_000; call += 1) {
      const one = service.invoke(MODULE, 'Echo', { call }, { timeoutSecs: 5 });
      const note = () => {
        answered = true;
      };
      calls.push(one.then(note, () => undefined));
      await new Promise((done) => setTimeout(done, 50));
    }
    const curedMs = performance.now() - cured;
    expect(curedMs).toBeLessThan(3000);
    await Promise.all(calls);
    const runs = lines('run');
    expect(new Set(runs).size).toBe(runs.length);
    expect(runs.join()).not.toContain('lost');
  } finally {
    child.kill();
    await ended;
  }
}, 60_000);
