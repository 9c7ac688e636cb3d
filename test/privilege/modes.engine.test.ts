import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { methods } from '../../module/methods/index.ts';
import type { Started } from '../../sim/edge/module.ts';
import type { LocalEdge } from '../../sim/edge.ts';
import { ownerLabel, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { holdUplink } from '../../sim/uplink.ts';
import { startTestEdge } from '../support/local-edge.ts';
import { dockerSocketProxy, type SocketProxy, startSocketProxy } from '../support/socket-proxy.ts';
import { taskOf } from '../support/task.ts';
import { type Came, callAll, calls } from './calls.ts';

let edge: LocalEdge;
let proxy: SocketProxy;
let module: Started;
let untended: () => Promise<void>;
const env = { EDGE_SUPPORT_DESTRUCTIVE_METHODS: '*', EDGE_SUPPORT_RESTART_COOLDOWN: '0' };
let kept = '';

beforeAll(async () => {
  edge = await startTestEdge();
  await holdUplink(edge.engine);
  untended = (edge.workloads as NonNullable<LocalEdge['workloads']>).tend();
  const engine = edge.engine.dockerHost.slice('unix://'.length);
  proxy = await startSocketProxy(engine, { host: edge.engine.edge.gateway });
  module = await edge.startModule({ as: 'container', env: { ...env, DOCKER_HOST: proxy.dockerHost } });
}, 90_000);
afterAll(async () => {
  await untended?.();
  await module?.stop();
  await proxy?.stop();
  await edge?.stop();
}, 60_000);

async function keep() {
  const answer = await edge.invoke('UploadSupportBundle', { include: ['own'] });
  const task = taskOf(answer.payload, (name, body) => edge.invoke(name, body));
  await task.finished();
  return task.id;
}

async function litter() {
  const { docker, runId } = edge.engine;
  const Labels = { [simLabel]: runId };
  const image = await buildWorkloadImage(docker);
  const ended = await docker.createContainer({ name: 'ended', Image: image, Cmd: ['true'], Labels });
  await ended.start();
  await ended.wait();
  await ended.commit({ changes: `LABEL ${simLabel}=${runId}` });
  await docker.createNetwork({ Name: 'free', Labels });
  await docker.createVolume({ Name: 'spare', Labels });
}

test('explore', async () => {
  expect(Object.keys(calls)).toEqual(methods.map(({ name }) => name));
  kept = await keep();
  const seen: string[] = [`start: ${(await proxy.asked()).join(', ')}`];
  await litter();
  for (const mode of ['all']) {
    seen.push(`==== ${mode}`);
    if (mode === 'read') proxy.rules = dockerSocketProxy('CONTAINERS', 'INFO', 'NETWORKS', 'IMAGES', 'SYSTEM', 'DISTRIBUTION', 'ALLOW_LOGS');
    if (mode === 'off') {
      proxy.rules = () => true;
      await litter().catch(() => undefined);
      edge.hub.patchDesired(edge.moduleId, { policy: { hostAccess: false } });
    }
    if (mode === 'none') await proxy.stop();
    for (const method of ['GetSystemLogs','GetSystemLogs','GetSystemLogs','CleanModuleLogs','GetSystemLogs','GetSystemStatus','GetSystemLogs','GetSystemStatus','GetSystemStatus','GetSystemStatus','GetSystemStatus','GetSystemStatus']) {
      const began = performance.now();
      const came = await callAll({ edge, kept }, method).catch((error: unknown) => [{ status: -1, payload: String(error) }]);
      const asked = mode === 'none' ? [] : await proxy.asked();
      seen.push(`${method} ${Math.round(performance.now() - began)} ms: ${asked.join(', ')}`);
      for (const { status, payload, task } of came as Came[]) {
        seen.push(`    ${status} ${JSON.stringify(task ?? payload)?.slice(0, mode === 'all' ? 600 : 6000)}`);
      }
    }
  }
  seen.push(await module.log());
  const { writeFile } = await import('node:fs/promises');
  await writeFile('/tmp/priv-seen.txt', seen.join('\n'));
}, 500_000);
