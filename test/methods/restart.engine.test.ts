import { type LocalEdge, startLocalEdge } from '../../sim/edge.ts';
import { ownerLabel, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { waitFor } from '../../sim/wait.ts';
import { testEngine } from '../support/local-edge.ts';

let edge: LocalEdge;
beforeAll(async () => {
  edge = await startLocalEdge({ engine: testEngine() });
  await edge.startModule({ as: 'process', env: { EDGE_SUPPORT_RESTART_COOLDOWN: '0' } });
}, 60_000);
afterAll(() => edge?.stop(), 30_000);

/** A module of this device: the script runs at each start, and counts its starts in a volume of its own. */
async function deploy(name: string, script: string, health?: string): Promise<void> {
  const container = await edge.engine.docker.createContainer({
    name,
    Image: await buildWorkloadImage(edge.engine.docker),
    Cmd: ['sh', '-c', script],
    Labels: { [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent', [simLabel]: edge.engine.runId },
    ...(health === undefined
      ? {}
      : { Healthcheck: { Test: ['CMD-SHELL', health], Interval: 300e6, Timeout: 1e9, Retries: 20 } }),
    HostConfig: { NetworkMode: 'none', LogConfig: { Type: 'json-file', Config: {} } },
    StopTimeout: 1,
  });
  await container.start();
}

const startedAt = async (name: string) => (await edge.engine.docker.getContainer(name).inspect()).State.StartedAt;
const restart = (id: string, more: object = {}) =>
  edge.invoke('RestartModule', { schemaVersion: '1.0', id, ...more }, { timeoutSecs: 60 });

interface Task {
  readonly status: string;
  readonly message: string;
  readonly results?: readonly { readonly id: string; readonly after: object }[];
}

const ended = (payload: unknown) =>
  waitFor(
    'the task',
    async () => {
      const { correlationId } = payload as { readonly correlationId: string };
      const answer = await edge.invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
      const task = answer.payload as Task;
      return task.status === 'Running' ? undefined : task;
    },
    { limitMs: 40_000, everyMs: 300 },
  );

test('a module with a health check is answered for when it is healthy again', async () => {
  await deploy('sound', 'rm -f /ready; sleep 1; touch /ready; sleep 600', 'test -e /ready');
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
  await deploy('ill', 'echo "port closed"; sleep 600', 'false');
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
  const task = await ended(payload);
  expect(task).toMatchObject({ status: 'Completed', results: [{ id: 'edgeHub', after: { state: 'running' } }] });
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
  const task = await ended(payload);
  expect(task).toMatchObject({ status: 'Completed' });
  expect(task.results?.map(({ id }) => id)).toEqual(['edgeAgent', 'edgeHub']);
  const after = { edgeAgent: await startedAt('edgeAgent'), edgeHub: await startedAt('edgeHub') };
  expect(after.edgeAgent).not.toBe(before.edgeAgent);
  expect(Date.parse(after.edgeHub)).toBeGreaterThan(Date.parse(after.edgeAgent));
}, 60_000);
