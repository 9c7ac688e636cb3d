import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEngine } from '../../module/docker/engine.ts';
import { methods } from '../../module/methods/index.ts';
import type { Started } from '../../sim/edge/module.ts';
import type { LocalEdge } from '../../sim/edge.ts';
import { simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { holdUplink } from '../../sim/uplink.ts';
import { waitFor } from '../../sim/wait.ts';
import type { Workloads } from '../../sim/workloads.ts';
import { startTestEdge } from '../support/local-edge.ts';
import { dockerSocketProxy, type SocketProxy, startSocketProxy } from '../support/socket-proxy.ts';
import { taskOf } from '../support/task.ts';
import { type Came, callAll, calls } from './calls.ts';
import { endpointTable, expectDocumented, modeTable } from './document.ts';

/*
 * The modes of SECURITY.md: every method with all privileges, through a proxy that lets only reading through, without a look
 * at the host, without an engine, and as a user that may not use the socket. The proxy between module and engine also sees
 * what is asked for.
 */

type ByMethod = Map<string, readonly Came[]>;

let edge: LocalEdge;
let workloads: Workloads;
let dir: string;
let untended: (() => Promise<void>) | undefined;
let module: Started | undefined;
let proxy: SocketProxy | undefined;
let usual: ByMethod;
/** Of a task whose archive is kept on the device. */
let kept: string;

const env = { EDGE_SUPPORT_DESTRUCTIVE_METHODS: '*', EDGE_SUPPORT_RESTART_COOLDOWN: '0' };
const reading = ['CONTAINERS', 'ALLOW_LOGS', 'IMAGES', 'INFO', 'NETWORKS', 'SYSTEM', 'DISTRIBUTION'];

beforeAll(async () => {
  edge = await startTestEdge();
  workloads = edge.workloads as Workloads;
  dir = await mkdtemp(join(tmpdir(), 'privilege-'));
  await holdUplink(edge.engine);
  untended = workloads.tend();
}, 90_000);
afterAll(async () => {
  await untended?.();
  await stopBoth();
  await edge?.stop();
  await rm(dir, { recursive: true, force: true });
}, 60_000);

/** A proxy and a module behind it, in place of those that there are. */
async function startBehind(where: Parameters<typeof startSocketProxy>[1], as: 'container' | 'process') {
  await stopBoth();
  proxy = await startSocketProxy(edge.engine.dockerHost.slice('unix://'.length), where);
  module = await edge.startModule({ as, probes: true, env: { ...env, DOCKER_HOST: proxy.dockerHost } });
  return { proxy, module };
}

async function stopBoth() {
  await module?.stop();
  await proxy?.stop();
  module = undefined;
  proxy = undefined;
}

/** Lines of the module's log since it had so many characters that are no usual ones. */
async function noise({ log }: Started, from: number) {
  const lines = (await log()).slice(from).split('\n');
  return lines.filter((line) => line !== '' && !line.includes(' [INF] '));
}

/** A task that keeps its archive; it asks the engine, so that the version of the API is agreed on. */
async function keep(): Promise<string> {
  const { payload } = await edge.invoke('UploadSupportBundle', { include: ['own'], timeoutSecs: 10 });
  const task = taskOf(payload, (name, body) => edge.invoke(name, body));
  await task.finished();
  return task.id;
}

/** Makes the calls of every method; `each` is told which is done. */
async function callEvery(each: (method: string) => Promise<void> = async () => undefined) {
  const came: ByMethod = new Map();
  for (const method of Object.keys(calls)) {
    came.set(method, await callAll({ edge, kept }, method));
    await each(method);
  }
  return came;
}

/** What PruneEngine takes; one of each kind. */
async function litter(): Promise<void> {
  const { docker, runId } = edge.engine;
  const Labels = { [simLabel]: runId };
  const ended = await docker.createContainer({
    name: 'ended',
    Image: await buildWorkloadImage(docker),
    Cmd: ['true'],
    Labels,
  });
  await ended.start();
  await ended.wait();
  await ended.commit({ changes: `LABEL ${simLabel}=${runId}` });
  await docker.createNetwork({ Name: 'spare', Labels });
  await docker.createVolume({ Name: 'spare', Labels });
}

const spec = (name: string, ...cmd: readonly string[]) => ({
  name,
  moduleId: name,
  image: `registry.example.com/${name}:1`,
  env: {},
  host: {},
  cmd,
});

/** A module whose image's name stands for another image by now. */
async function drift(): Promise<void> {
  await workloads.deploy(spec('drifting', 'sleep', '600'));
  const { Image } = await edge.engine.docker.getContainer(edge.moduleId).inspect();
  await edge.engine.docker.getImage(Image).tag({ repo: 'registry.example.com/drifting', tag: '1' });
}

test('every method is called', () => {
  expect(Object.keys(calls)).toEqual(methods.map(({ name }) => name));
});

test('with all privileges, through a proxy: what is asked for is documented, and nothing else', async () => {
  const { proxy: own } = await startBehind({ host: edge.engine.edge.gateway }, 'container');
  kept = await keep();
  const asked = new Map([['the start', await own.asked()]]);
  const engine = createEngine(own.dockerHost);
  await engine.info(AbortSignal.timeout(10_000));
  await own.asked();
  await litter();
  await drift();
  usual = await callEvery(async (method) => {
    // The build cache takes a client of BuildKit to make.
    if (method === 'PruneEngine') {
      await engine.remove('cache', 'none', AbortSignal.timeout(10_000)).catch(() => undefined);
    }
    if (method === 'RunCheck') await workloads.remove('drifting');
    asked.set(method, await own.asked());
  });
  for (const [method, came] of usual) {
    for (const one of came) {
      if (method !== 'ResumeTask') expect({ method, one }).toMatchObject({ one: { status: 200 } });
      if (one.task) expect({ method, one }).toMatchObject({ one: { task: { status: 'Completed' } } });
    }
  }
  edge.hub.patchDesired(edge.moduleId, { collectOnFailure: { enabled: true } });
  await workloads.deploy(spec('failing', 'sh', '-c', 'sleep 1; exit 3'));
  const captured = () => own.seen.has('GET /containers/{name}/logs');
  await waitFor('the capture', async () => captured() || undefined, { limitMs: 20_000 });
  edge.hub.patchDesired(edge.moduleId, { collectOnFailure: null });
  await workloads.remove('failing');
  asked.set('CollectOnFailure', await own.asked());
  await expectDocumented('endpoints', endpointTable(asked));
}, 180_000);

test('a proxy that lets only reading through', async () => {
  const { proxy: own, module: behind } = await startBehind({ host: edge.engine.edge.gateway }, 'container');
  kept = await keep();
  own.rules = dockerSocketProxy(...reading);
  await litter();
  const came = await callEvery();
  await expectDocumented('reading', modeTable(usual, came));
  expect(came.get('RunCheck')).toMatchObject([
    {
      payload: {
        checks: {
          'keyd-config-well-formed': {
            reason: 'host-access-off',
            why: expect.stringContaining('"POST /containers/create"'),
          },
          'container-engine-logrotate': { result: { result: expect.not.stringContaining('skipped') } },
        },
      },
    },
  ]);
  const lines = await noise(behind, 0);
  expect(lines.slice(10)).toEqual([]);
  expect(lines.join('\n')).not.toContain('fault=');
}, 120_000);

test('no host access, and the socket of a proxy in place of the engine’s', async () => {
  const { proxy: own } = await startBehind({ path: join(dir, 'proxy.sock') }, 'process');
  kept = await keep();
  expect((await edge.invoke('GetSystemLogs', { units: ['aziot-edged'] })).status).toBe(200);
  edge.hub.patchDesired(edge.moduleId, { policy: { hostAccess: false } });
  const isOff = async () =>
    (await edge.invoke('GetSystemLogs', { units: ['aziot-edged'] })).status === 403 || undefined;
  await waitFor('the setting', isOff, { limitMs: 10_000 });
  await own.asked();
  const came = await callEvery();
  expect(await own.asked()).not.toContain('POST /containers/create');
  await expectDocumented('no-host', modeTable(usual, came));
  edge.hub.patchDesired(edge.moduleId, { policy: null });
}, 120_000);

test('no engine', async () => {
  await stopBoth();
  const dataDir = await mkdtemp(join(dir, 'data-'));
  const dockerHost = `unix://${join(dir, 'none.sock')}`;
  const alone = await edge.startModule({
    as: 'process',
    probes: true,
    dataDir,
    env: { ...env, DOCKER_HOST: dockerHost },
  });
  module = alone;
  const before = (await alone.log()).length;
  kept = await keep();
  await expectDocumented('no-engine', modeTable(usual, await callEvery()));
  const lines = await noise(alone, before);
  expect(lines.slice(10)).toEqual([]);
  expect(lines.join('\n')).not.toContain('fault=');
}, 120_000);

test('a user that may not use the socket, and one that is in its group', async () => {
  await stopBoth();
  const { gid } = await stat(edge.engine.dockerHost.slice('unix://'.length));
  module = await edge.startModule({ as: 'container', createOptions: { User: '65534:65534' } });
  expect(await edge.invoke('ListModules')).toEqual({
    status: 503,
    payload: {
      message: expect.stringMatching(
        /the container engine at \S+ cannot be reached: permission denied; give this module’s user the group of the socket \(createOptions, HostConfig\.GroupAdd\)\.$/,
      ),
    },
  });
  expect(await edge.invoke('Ping')).toEqual({ status: 200, payload: null });
  await module.stop();
  module = await edge.startModule({ as: 'container', createOptions: { User: `65534:${gid}` } });
  expect((await edge.invoke('ListModules')).status).toBe(200);
  expect((await edge.invoke('GetSystemLogs', { units: ['aziot-edged'] })).status).toBe(200);
}, 60_000);
