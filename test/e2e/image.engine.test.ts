import type { Started } from '../../sim/edge/module.ts';
import type { LocalEdge } from '../../sim/edge.ts';
import { waitFor } from '../../sim/wait.ts';
import { auditedEnds } from '../support/audit.ts';
import { startTestEdge } from '../support/local-edge.ts';
import { taskOf } from '../support/task.ts';

let edge: LocalEdge;
let module: Started;
beforeAll(async () => {
  edge = await startTestEdge();
  module = await edge.startModule({ as: 'container' });
}, 120_000);
afterAll(() => edge?.stop(), 60_000);

const container = () => edge.engine.docker.getContainer(edge.moduleId);

test('the image runs the bundle as its first process, which takes signals itself', async () => {
  const { Config } = await edge.engine.docker.getImage('edge-support:sim').inspect();
  expect(Config.Cmd).toEqual(['node', '--max-semi-space-size=1', '--max-old-space-size=56', '/app/edge-support.js']);
  expect(Config.Entrypoint ?? []).toEqual([]);
  expect(Config.Healthcheck).toMatchObject({ Test: ['CMD', 'node', '/app/health.js'] });
  expect(Config).toMatchObject({ StopSignal: 'SIGTERM' });
  expect(Config.Volumes ?? null).toBeNull();
  expect(Config.Labels).toMatchObject({ 'org.opencontainers.image.title': 'edge-support' });
});

test('the container has what deployment.template.json says', async () => {
  const { HostConfig, Config } = await container().inspect();
  expect(HostConfig.Memory).toBe(128 * 1024 * 1024);
  expect(HostConfig.Binds?.map((bind) => bind.split(':')[1])).toEqual([
    '/var/run/docker.sock',
    '/data',
    '/var/run/iotedge/workload.sock',
  ]);
  expect(HostConfig.Privileged).toBe(false);
  expect(Config).toMatchObject({ StopTimeout: 30 });
});

test('it answers the service SDK from within the container', async () => {
  expect(await edge.invoke('Ping')).toEqual({ status: 200, payload: null });
});

test('it reads logs over the Docker socket it was given', async () => {
  const request = { schemaVersion: '1.0', items: [{ id: 'edgeHub', filter: { tail: 50 } }], contentType: 'text' };
  const { status, payload } = await edge.invoke('GetModuleLogs', request);
  expect(status).toBe(200);
  // Whichever lines are the last ones: the start of one carries a level.
  expect(JSON.stringify(payload)).toMatch(/<\d> .* \[(INF|WRN|ERR|DBG)\] - /);
});

test('it uploads a support bundle from its own writable folder', async () => {
  const request = { schemaVersion: '1.0', sasUrl: edge.blob.containerSasUrl(), since: '1h' };
  const { payload } = await edge.invoke('UploadSupportBundle', request);
  const { correlationId } = payload as { correlationId: string };
  const ended = async () => {
    const status = await edge.invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
    return (status.payload as { status: string }).status === 'Running' ? undefined : status.payload;
  };
  expect(await waitFor('the bundle', ended, { limitMs: 40_000, everyMs: 300 })).toMatchObject({ status: 'Completed' });
  const [zip] = await edge.blob.list();
  expect(zip?.name).toMatch(/\.zip$/);
}, 60_000);

test('RestartModule of itself: it ends, is started anew and tells so, once; also when it is killed on the way', async () => {
  const itself = async (requestId: string) =>
    (await edge.invoke('RestartModule', { schemaVersion: '1.0', id: edge.moduleId, requestId }, { timeoutSecs: 5 }))
      .payload;
  const task = (payload: unknown) => taskOf(payload, (method, body) => edge.invoke(method, body, { timeoutSecs: 5 }));
  for (const requestId of ['ordered', 'killed']) {
    const before = (await container().inspect()).State.StartedAt;
    const restarting = task(await itself(requestId));
    if (requestId === 'killed') await module.kill();
    // Its health check comes a minute later: it is not waited for.
    const { status, results } = await restarting.finished(30_000);
    const after = (await container().inspect()).State.StartedAt;
    expect({ status, results }).toMatchObject({
      status: 'Completed',
      results: [{ id: edge.moduleId, after: { state: 'running', startedAt: after } }],
    });
    expect(after).not.toBe(before);
    expect(await itself(requestId)).toMatchObject({ status: 'Completed', correlationId: restarting.id });
    expect((await container().inspect()).State.StartedAt).toBe(after);
    expect(await auditedEnds(module.dataDir, restarting.id)).toEqual(['completed']);
  }
}, 90_000);

test('it ends in order within 10 s when the engine stops it, and comes back', async () => {
  const started = performance.now();
  await container().stop({ t: 30 });
  expect(performance.now() - started).toBeLessThan(10_000);
  const { State } = await container().inspect();
  expect(State).toMatchObject({ ExitCode: 0, OOMKilled: false });
  await container().start();
  const answers = async () => ((await edge.invoke('Ping', {}, { timeoutSecs: 5 })).status === 200 ? true : undefined);
  expect(await waitFor('the module to answer again', answers, { limitMs: 20_000 })).toBe(true);
  expect(await module.lastLines(50)).toContain('[INF] - ');
}, 60_000);
