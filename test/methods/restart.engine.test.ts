import type { Started } from '../../sim/edge/module.ts';
import { type LocalEdge, startLocalEdge } from '../../sim/edge.ts';
import { ownerLabel, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import type { MethodAnswer } from '../../sim/service.ts';
import { waitFor } from '../../sim/wait.ts';
import { auditedEnds } from '../support/audit.ts';
import { testEngine } from '../support/local-edge.ts';
import { type TaskAnswer, taskOf } from '../support/task.ts';

let edge: LocalEdge;
let module: Started;
const start = async () => {
  module = await edge.startModule({ as: 'process', env: { EDGE_SUPPORT_RESTART_COOLDOWN: '0' } });
};
beforeAll(async () => {
  edge = await startLocalEdge({ engine: testEngine() });
  await start();
}, 60_000);
afterAll(() => edge?.stop(), 30_000);

/** A module of this device; the script runs at each start. */
async function deploy(
  name: string,
  script: string,
  { health, retries = 20, policy = 'no' }: { health?: string; retries?: number; policy?: string } = {},
): Promise<void> {
  const container = await edge.engine.docker.createContainer({
    name,
    Image: await buildWorkloadImage(edge.engine.docker),
    Cmd: ['sh', '-c', script],
    Labels: { [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent', [simLabel]: edge.engine.runId },
    ...(health === undefined
      ? {}
      : { Healthcheck: { Test: ['CMD-SHELL', health], Interval: 300e6, Timeout: 1e9, Retries: retries } }),
    HostConfig: {
      NetworkMode: 'none',
      LogConfig: { Type: 'json-file', Config: {} },
      RestartPolicy: { Name: policy },
    },
    StopTimeout: 1,
  });
  await container.start();
}

const startedAt = async (name: string) => (await edge.engine.docker.getContainer(name).inspect()).State.StartedAt;
const restart = (id: string, more: object = {}, timeoutSecs = 60) =>
  edge.invoke('RestartModule', { schemaVersion: '1.0', id, ...more }, { timeoutSecs });

const task = (payload: unknown, perhaps?: 'ended') =>
  taskOf(payload, (method, body) => edge.invoke(method, body, { timeoutSecs: 5 }), perhaps);

/** A module that takes its time to end: it says when it is asked to, and how often it was started. */
const slow = 'echo started; trap "echo asked" TERM; while :; do sleep 0.1; done';
const said = async (name: string, word: string) =>
  (await edge.engine.docker.getContainer(name).logs({ stdout: true })).toString().split(word).length - 1;
const isAsked = (name: string, times: number) =>
  waitFor(`${name} to be asked to end`, async () => (await said(name, 'asked')) >= times || undefined, {
    limitMs: 10_000,
    everyMs: 50,
  });

test('a module with a health check is answered for when it is healthy again', async () => {
  await deploy('sound', 'rm -f /ready; sleep 1; touch /ready; sleep 600', { health: 'test -e /ready' });
  const before = await startedAt('sound');
  const { status, payload } = await restart('sound');
  expect({ status, payload }).toMatchObject({
    status: 200,
    payload: {
      id: 'sound',
      before: { state: 'running', startedAt: before },
      after: { state: 'running', health: 'healthy' },
    },
  });
  expect(await startedAt('sound')).not.toBe(before);
}, 60_000);

test('one that ends again, or is unhealthy, is told with the end of its log', async () => {
  await deploy('fragile', 'if [ -e /started ]; then echo "no config found"; exit 3; fi; touch /started; sleep 600');
  expect(await restart('fragile')).toEqual({
    status: 503,
    payload: {
      message: 'Module fragile was restarted but ended again with exit code 3. The end of its log: no config found',
    },
  });
  await deploy('ill', 'echo "port closed"; sleep 600', { health: 'false', retries: 3 });
  const { status, payload } = await restart('ill');
  expect({ status, payload }).toEqual({
    status: 503,
    payload: {
      message: expect.stringMatching(/^Module ill was restarted but is unhealthy\. The end of its log: .*port closed$/),
    },
  });
  expect(await restart('ill', { verify: false })).toMatchObject({
    status: 200,
    payload: { after: { state: 'running' } },
  });
}, 60_000);

test('edgeHub is restarted behind the answer; its result stands in the task and in the twin', async () => {
  const before = await startedAt('edgeHub');
  const { status, payload } = await restart('edgeHub');
  expect({ status, payload }).toMatchObject({ status: 200, payload: { status: 'Running' } });
  // Its clients lose their connection, this module too, and come back.
  await edge.hub.faults.down('edge');
  await edge.hub.faults.up('edge');
  expect(await task(payload).finished()).toMatchObject({
    status: 'Completed',
    results: [{ id: 'edgeHub', after: { state: 'running' } }],
  });
  expect(await startedAt('edgeHub')).not.toBe(before);
  await waitFor(
    'the twin',
    () =>
      JSON.stringify(edge.hub.twin(edge.moduleId).reported).includes(
        (payload as { correlationId: string }).correlationId,
      ) || undefined,
    { limitMs: 10_000 },
  );
}, 60_000);

test('RestartRuntime restarts edgeAgent, then edgeHub', async () => {
  const before = { edgeAgent: await startedAt('edgeAgent'), edgeHub: await startedAt('edgeHub') };
  const { payload } = await edge.invoke('RestartRuntime', {});
  const { status, results } = await task(payload).finished();
  expect({ status, results }).toMatchObject({ status: 'Completed', results: [{ id: 'edgeAgent' }, { id: 'edgeHub' }] });
  const after = { edgeAgent: await startedAt('edgeAgent'), edgeHub: await startedAt('edgeHub') };
  expect(after.edgeAgent).not.toBe(before.edgeAgent);
  expect(Date.parse(after.edgeHub)).toBeGreaterThan(Date.parse(after.edgeAgent));
}, 60_000);

describe('interrupted', () => {
  const atAgent = ({ step = '' }: TaskAnswer) => step === 'waiting until edgeAgent, which was restarted, is well';

  test('a module whose restart was under way when this one was killed is found restarted, once, also by who asks again', async () => {
    await deploy('slow', slow);
    const request = { requestId: 'killed' };
    // Nobody waits for what is lost.
    restart('slow', request, 5).catch(() => undefined);
    await isAsked('slow', 1);
    await module.kill();
    await start();
    const found = task((await restart('slow', request)).payload, 'ended');
    expect(await found.finished()).toMatchObject({
      status: 'Completed',
      results: [{ id: 'slow', after: { state: 'running' } }],
    });
    expect((await restart('slow', request)).payload).toMatchObject({ correlationId: found.id });
    expect(await said('slow', 'started')).toBe(2);
    expect(await auditedEnds(module.dataDir, found.id)).toEqual(['completed']);
  }, 60_000);

  test('a connection that is lost meanwhile changes nothing: who asks again has the answer', async () => {
    const before = await said('slow', 'started');
    const request = { requestId: 'cut' };
    // Nobody waits for what is lost.
    restart('slow', request, 5).catch(() => undefined);
    await isAsked('slow', 2);
    edge.hub.faults.cut(edge.moduleId);
    const again = () => restart('slow', request);
    expect(await waitFor('the answer', again, { limitMs: 20_000 })).toMatchObject({
      status: 200,
      payload: { id: 'slow', after: { state: 'running' } },
    });
    expect(await said('slow', 'started')).toBe(before + 1);
  }, 60_000);

  test('RestartRuntime behind edgeAgent: cancelled, or killed, it leaves edgeHub and says so', async () => {
    const hub = await startedAt('edgeHub');
    const cancelled = task((await edge.invoke('RestartRuntime', {})).payload);
    await cancelled.until('edgeAgent', atAgent);
    expect(await cancelled.cancel()).toMatchObject({
      status: 'Cancelled',
      partial: ['It was cancelled at this step: waiting until edgeAgent, which was restarted, is well.'],
    });
    expect(await auditedEnds(module.dataDir, cancelled.id)).toEqual(['cancelled']);

    const request = { requestId: 'runtime' };
    const killed = task((await edge.invoke('RestartRuntime', request)).payload);
    await killed.until('edgeAgent', atAgent);
    await module.kill();
    const agent = await startedAt('edgeAgent');
    await start();
    const why = 'this module ended meanwhile: edgeAgent was restarted, edgeHub was not.';
    expect(await killed.finished()).toMatchObject({
      status: 'Failed',
      message: `Task restart runtime failed because of error ${why}`,
      results: [{ id: 'edgeAgent', after: { state: 'running', startedAt: agent } }],
    });
    expect((await edge.invoke('RestartRuntime', request)).payload).toMatchObject({ correlationId: killed.id });
    expect([await startedAt('edgeAgent'), await startedAt('edgeHub')]).toEqual([agent, hub]);
    expect(await auditedEnds(module.dataDir, killed.id)).toEqual([expect.stringMatching(`^failed ".*${why}"$`)]);
  }, 60_000);

  test('an engine that goes away: what it was asked for is told as failed, what it had done is verified when it is back', async () => {
    await deploy('back', 'rm -f /ready; sleep 2; touch /ready; sleep 600', {
      health: 'test -e /ready',
      policy: 'always',
    });
    const before = await startedAt('back');
    const asks = await said('slow', 'asked');
    const verifying = restart('back');
    await waitFor('its start', async () => (await startedAt('back')) !== before || undefined, { limitMs: 10_000 });
    const asking = restart('slow');
    await isAsked('slow', asks + 1);
    await edge.engine.restart('crash');
    expect(await asking).toEqual({
      status: 503,
      payload: { message: expect.stringMatching(/^Error calling Restart module slow: restart slow: /) },
    });
    expect(await verifying).toMatchObject({
      status: 200,
      payload: { id: 'back', before: { startedAt: before }, after: { state: 'running', health: 'healthy' } },
    });
  }, 60_000);

  test('an engine that hangs is told within the time limit, by what only looks, too', async () => {
    edge.hub.patchDesired(edge.moduleId, { methodTimeoutSecs: 1 });
    const goOn = await edge.engine.hang();
    let answers: readonly MethodAnswer[];
    try {
      const calls = ['ListModules', 'GetSystemStatus', 'CleanModuleLogs', 'PruneEngine', 'RecreateModules'];
      answers = await Promise.all(calls.map((name) => edge.invoke(name, {}, { timeoutSecs: 10 })));
    } finally {
      goOn();
      edge.hub.patchDesired(edge.moduleId, { methodTimeoutSecs: null });
    }
    const [list, status, logs, ...later] = answers;
    expect(list).toEqual({ status: 504, payload: { message: 'ListModules did not finish within 1 s.' } });
    expect(status?.payload).toMatchObject({
      unknown: expect.arrayContaining([expect.stringMatching(/did not finish within/)]),
    });
    expect(logs).toMatchObject({ status: 503, payload: { message: expect.stringMatching(/did not finish within/) } });
    // What may take its time goes on, and has its answer when the engine is back.
    for (const { payload } of later) {
      expect(await task(payload).finished()).toMatchObject({ status: 'Completed', answer: { dryRun: true } });
    }
  }, 60_000);
});
