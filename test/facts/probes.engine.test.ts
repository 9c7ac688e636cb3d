import { chmod, chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readEnvironment } from '../../module/config/environment.ts';
import type { Docker } from '../../module/docker/docker.ts';
import { createEngine } from '../../module/docker/engine.ts';
import type { Targets } from '../../module/facts/fact.ts';
import { mountsOf, readFacts, seesProcesses } from '../../module/facts/index.ts';
import { createProbes } from '../../module/facts/probes.ts';
import type { Started } from '../../sim/edge/module.ts';
import type { LocalEdge } from '../../sim/edge.ts';
import { hostSecrets } from '../../sim/host.ts';
import { waitFor } from '../../sim/wait.ts';
import { startTestEdge } from '../support/local-edge.ts';
import { memoryLog } from '../support/services.ts';
import { watchEngine } from './support/engine-events.ts';

/* The module in its container, which starts helper containers of its own image on the same engine. */

let edge: LocalEdge;
let module: Started;
let image: string;
beforeAll(async () => {
  edge = await startTestEdge();
  module = await edge.startModule({ as: 'container' });
  image = (await edge.engine.docker.getContainer(edge.moduleId).inspect()).Image;
}, 120_000);
afterAll(async () => {
  await edge?.stop();
}, 60_000);

/** Probes of this process, which is beside the containers, as a module is that was started by `npm start`. */
async function probesBeside(targets: Partial<Targets> = {}, hostRoot = edge.host.hostRoot, docker?: Docker) {
  const world = {
    docker: docker ?? createEngine(edge.engine.dockerHost),
    env: readEnvironment(await edge.moduleEnv()),
    now: () => new Date(),
    targets: { trust: { from: "the test's root", ca: [edge.pki.rootCertificate] }, ...targets },
  };
  const settings = () => ({ hostAccess: true, hostRoot, probeImage: image });
  const probes = createProbes({ world, settings, mounts: mountsOf, processes: seesProcesses, log: memoryLog() });
  return { ...world, probes };
}

const soon = () => AbortSignal.timeout(20_000);
/** Of the engine's default bridge, where nobody answers: to notice that takes some seconds. */
const unusedAddress = async () => {
  const { IPAM } = (await edge.engine.docker.getNetwork('bridge').inspect()) as {
    IPAM: { Config: { Gateway: string }[] };
  };
  return IPAM.Config[0]?.Gateway.replace(/\d+$/, '249') ?? '';
};

interface CheckAnswer {
  readonly checks: Record<string, { result: { result: string; details?: string[] }; reason?: string; why?: string }>;
}

const runCheck = async (request: object = {}) => (await edge.invoke('RunCheck', request)).payload as CheckAnswer;
const label = { label: ['edge-support.helper'] };
const helpers = () => edge.engine.docker.listContainers({ all: true, filters: JSON.stringify(label) });
const runningHelper = () =>
  waitFor('a helper container to run', async () => (await helpers()).find(({ State }) => State === 'running'), {
    limitMs: 10_000,
    everyMs: 20,
  });

/** The outcome of each check, or why it was skipped. */
const outcomes = ({ checks }: CheckAnswer) =>
  Object.fromEntries(Object.entries(checks).map(([id, { result, reason }]) => [id, reason ?? result.result]));

test('RunCheck reads the host through a helper container, of which nothing is left, and no secret comes out', async () => {
  const answer = await runCheck();
  expect(outcomes(answer)).toMatchObject({
    'keyd-config-well-formed': 'ok',
    'certd-config-well-formed': 'ok',
    'tpmd-config-well-formed': 'ok',
    'identityd-config-well-formed': 'ok',
    'aziot-edged-config-well-formed': 'ok',
    // The simulated host has no sockets of the daemons.
    'keyd-running': 'error',
    'container-engine-dns': 'ok',
    'disk-space': expect.stringMatching(/^(ok|warning|error)$/),
    'container-connect-upstream-mqtt': 'ok',
    'container-default-connect-upstream-mqtt': 'ok',
    'container-default-connect-upstream-amqp': 'not-required',
    // The host does not know the simulated root.
    'host-connect-iothub-mqtt': 'error',
  });
  expect(await helpers()).toEqual([]);
  for (const secret of Object.values(hostSecrets)) expect(JSON.stringify(answer)).not.toContain(secret);
}, 60_000);

test('sections, and the text of the screen', async () => {
  const { payload } = await edge.invoke('RunCheck', { sections: ['Connectivity checks'], output: 'text' });
  const { text } = payload as { text: string };
  expect(text).toContain('Connectivity checks\n-------------------\n');
  expect(text).toContain('√ container on the default network can connect to upstream MQTT port - OK');
  expect(text).not.toContain('Field checks');
}, 60_000);

test('F69: what a crash left behind is removed by the next run, which is as any other', async () => {
  const make = (owner: string) =>
    edge.engine.docker.createContainer({ Image: image, Cmd: ['true'], Labels: { 'edge-support.helper': owner } });
  const [left, foreign] = [await make(edge.moduleId), await make('another')];
  const engine = createEngine(edge.engine.dockerHost);
  // As if five minutes had gone by.
  const later = { ...engine, removeHelpers: (owner: string) => engine.removeHelpers(owner, 0, soon()) };
  expect(outcomes(await runCheck())).toMatchObject({ 'keyd-config-well-formed': 'ok' });
  expect((await helpers()).map(({ Id }) => Id).sort()).toEqual([left.id, foreign.id].sort());
  const { probes } = await probesBeside({}, undefined, later);
  expect(await probes.read('bridge', ['resolver'], 20_000, soon())).toMatchObject({ resolver: { value: {} } });
  await expect(left.inspect()).rejects.toMatchObject({ statusCode: 404 });
  expect((await helpers()).map(({ Id }) => Id)).toEqual([foreign.id]);
  await foreign.remove({ force: true });
}, 60_000);

test('F69: SIGKILL in the middle of a run leaves a helper container that the next start removes', async () => {
  // Its answer dies with the module.
  const request = { iothubHostname: await unusedAddress() };
  const run = edge.invoke('RunCheck', request, { timeoutSecs: 6 }).catch(() => undefined);
  const { Id } = await runningHelper();
  // One that hangs: by itself it would end when its readings are there.
  await edge.engine.docker.getContainer(Id).pause();
  await module.kill();
  const gone = async () => ((await helpers()).length === 0 ? true : undefined);
  await waitFor('the helper container to be removed', gone, { limitMs: 20_000 });
  expect(await module.log()).toMatch(/Removed \d helper container\(s\) that an earlier start left behind\./);
  await waitFor(
    'the module to answer',
    () => edge.invoke('Ping', {}).then(({ status }) => status === 200 || undefined),
    {
      limitMs: 30_000,
    },
  );
  await run;
}, 90_000);

test('from beside the containers the modules’ network is seen by a helper container on it', async () => {
  const world = await probesBeside();
  await using events = await watchEngine(edge.engine.docker);
  const found = await readFacts(['upstream', 'bridgeUpstream'], world, { limitMs: 15_000 });
  expect(found.upstream).toMatchObject({ value: { dials: { mqtt: { reached: 'tls' } } } });
  expect(found.bridgeUpstream).toMatchObject({ value: { dials: { mqtt: { reached: 'tls' } } } });
  const networks = async () => {
    // Other containers are restarted meanwhile.
    const helpers = events.seen.flatMap(({ Type, Action, Actor }) =>
      Type === 'container' && Action === 'create' && 'edge-support.helper' in Actor.Attributes ? [Actor.ID] : [],
    );
    const seen = events.seen.filter(
      ({ Type, Action, Actor }) =>
        Type === 'network' && Action === 'connect' && helpers.includes(Actor.Attributes['container'] ?? ''),
    );
    return seen.length === 2 ? seen.map(({ Actor }) => Actor.Attributes['name']) : undefined;
  };
  const names = await waitFor('the engine to tell of two networks', networks, { limitMs: 5000 });
  expect(names.sort()).toEqual([edge.engine.edge.network, 'bridge'].sort());
}, 60_000);

test('a proxy’s password that the helper container is told stands nowhere in its configuration', async () => {
  const proxy = { url: 'http://edge:hunter2@127.0.0.1:9', noProxy: '', from: 'the test' };
  const { probes } = await probesBeside({ proxy, iothubHostname: await unusedAddress() });
  const reading = probes.read('bridge', ['upstream'], 4000, soon());
  const { Id } = await runningHelper();
  const inspect = JSON.stringify(await edge.engine.docker.getContainer(Id).inspect());
  const readings = JSON.stringify(await reading);
  expect(inspect).toContain('edge-support.helper');
  expect(inspect).not.toContain('hunter2');
  expect(readings).toContain('127.0.0.1:9');
  expect(readings).not.toContain('hunter2');
}, 60_000);

test('F2: the host without /etc/aziot is told to have none, and none is made; what is there is read', async () => {
  const hostRoot = await mkdtemp(join(tmpdir(), 'edge-support-host-'));
  await mkdir(join(hostRoot, 'etc'));
  await writeFile(join(hostRoot, 'etc/os-release'), 'ID=debian\n');
  const { probes } = await probesBeside({}, hostRoot);
  const { DockerRootDir } = (await edge.engine.docker.info()) as { DockerRootDir: string };
  const found = await probes.read('host', ['hostConfig', 'hostSystem', 'hostDisks'], 20_000, soon());
  expect(found).toMatchObject({
    hostConfig: { unavailable: 'mount-missing', why: expect.stringContaining('/etc/aziot') },
    hostSystem: { value: {} },
    // The engine's own folder is where the engine says, not below the simulated host's.
    hostDisks: { value: { logFolder: `${DockerRootDir}/containers` } },
  });
  expect(await readdir(hostRoot)).toEqual(['etc']);
  expect(await readdir(join(hostRoot, 'etc'))).toEqual(['os-release']);
  await rm(hostRoot, { recursive: true });
}, 60_000);

test('a helper container of the host may use a socket that is its daemon’s alone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'edge-support-socket-'));
  const socket = join(folder, 'mgmt.sock');
  const server = createServer((connection) => void connection.end('reached\n'));
  await new Promise<void>((resolve) => void server.listen(socket, resolve));
  await chmod(socket, 0o660);
  await chown(socket, 1234, 1234);
  const text = "require('net').connect('/host/mgmt.sock').on('error', (e) => console.log(e.code)).pipe(process.stdout)";
  const spec = { image, command: ['node', '-e', text], network: 'host', owner: 'test' };
  const mounts = [{ source: socket, target: '/host/mgmt.sock' }];
  const run = (asRoot: boolean) =>
    createEngine(edge.engine.dockerHost).helper({ ...spec, mounts, asRoot }, () => '', soon());
  expect((await run(true)).stdout).toBe('reached\n');
  expect((await run(false)).stdout).toBe('EACCES\n');
  server.close();
  await rm(folder, { recursive: true });
}, 60_000);

test('with hostAccess off no container is started, and the checks say so', async () => {
  edge.hub.patchDesired(edge.moduleId, { policy: { hostAccess: false } });
  const off = async () => {
    const found = outcomes(await runCheck());
    return found['disk-space'] === 'host-access-off' ? found : undefined;
  };
  const found = await waitFor('the policy to hold', off, { limitMs: 20_000, everyMs: 500 });
  expect(found).toMatchObject({
    'keyd-config-well-formed': 'host-access-off',
    'host-connect-iothub-mqtt': 'host-access-off',
    'container-default-connect-upstream-mqtt': 'host-access-off',
    'container-connect-upstream-mqtt': 'ok',
  });
  await using events = await watchEngine(edge.engine.docker);
  await runCheck();
  await sleep(500);
  expect(events.seen.filter(({ Type, Action }) => Type === 'container' && Action === 'create')).toEqual([]);
}, 60_000);

test('a module that runs as a process starts helper containers of the image that is set, and none without', async () => {
  await module.stop();
  edge.hub.patchDesired(edge.moduleId, { policy: { hostAccess: true } });
  const without = await edge.startModule({ as: 'process' });
  expect(outcomes(await runCheck())).toMatchObject({
    'keyd-config-well-formed': 'not-supported',
    'container-default-connect-upstream-mqtt': 'not-supported',
    'container-connect-upstream-mqtt': expect.stringMatching(/^(ok|error)$/),
  });
  await without.stop();
  module = await edge.startModule({ as: 'process', probes: true });
  expect(outcomes(await runCheck())).toMatchObject({
    'keyd-config-well-formed': 'ok',
    'disk-space': expect.stringMatching(/^(ok|warning|error)$/),
    'container-default-connect-upstream-mqtt': 'ok',
    'container-connect-upstream-mqtt': 'ok',
  });
  expect(await helpers()).toEqual([]);
}, 90_000);
