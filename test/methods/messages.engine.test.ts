import common from 'azure-iot-common';
import type { ModuleClient } from 'azure-iot-device';
import type { Started } from '../../sim/edge/module.ts';
import { deployedRoutes } from '../../sim/edge/template.ts';
import type { LocalEdge } from '../../sim/edge.ts';
import { waitFor } from '../../sim/wait.ts';
import { connectModule } from '../sim/support/device.ts';
import { auditedEnds } from '../support/audit.ts';
import { startTestEdge } from '../support/local-edge.ts';
import { type TaskAnswer, taskOf } from '../support/task.ts';

let edge: LocalEdge;
let module: Started;
const senders: ModuleClient[] = [];
beforeAll(async () => {
  edge = await startTestEdge();
  module = await edge.startModule({ as: 'container' });
}, 60_000);
afterAll(async () => {
  for (const sender of senders) await sender.close().catch(() => undefined);
  await edge?.stop();
}, 30_000);

async function connect(moduleId: string): Promise<ModuleClient> {
  const { generationId } = edge.hub.register(moduleId);
  const own = { IOTEDGE_MODULEID: moduleId, IOTEDGE_MODULEGENERATIONID: generationId };
  const client = await connectModule({ ...(await edge.moduleEnv()), ...own });
  senders.push(client);
  return client;
}

const message = (bytes: number) => new common.Message(Buffer.alloc(bytes, '{"a":"b"} '));

test('the template has the route, off; switched on, a flood of large messages passes the container of 128 MB', async () => {
  const routes = await deployedRoutes(`${import.meta.dirname}/../..`);
  const [sensor, camera] = [await connect('sensor'), await connect('camera')];
  await sensor.sendOutputEvent('out', message(100));
  expect(edge.hub.stored(edge.moduleId)).toBe(0);

  const on = Object.entries(routes).map(([name, route]) => [
    name,
    { route: routeOf(route).replace('WHERE false ', '') },
  ]);
  expect(on.map(([name]) => name)).toEqual(['tap']);
  edge.hub.setRoutes(Object.fromEntries(on));
  const calls = Promise.all(
    [{}, { filter: 'camera', max: 200, bodyBytes: 10_000 }].map((payload) =>
      edge.invoke('CaptureMessages', { seconds: 3, ...payload }),
    ),
  );
  // As long as they listen, so that how fast this machine is does not matter.
  let answered = false;
  void calls.finally(() => {
    answered = true;
  });
  while (!answered) {
    const large = Array.from({ length: 4 }, () => camera.sendOutputEvent('out', message(250_000)));
    const small = Array.from({ length: 20 }, () => sensor.sendOutputEvent('out', message(100)));
    await Promise.all([...large, ...small]);
  }
  const [all, filtered] = (await calls).map(({ payload }) => payload as Record<string, unknown>);
  await waitFor('the acknowledgements', () => edge.hub.stored(edge.moduleId) === 0 || undefined, { limitMs: 20_000 });
  expect(all).toMatchObject({
    sources: expect.arrayContaining([
      expect.objectContaining({ module: 'sensor', largest: 100 }),
      expect.objectContaining({ module: 'camera', largest: 250_000 }),
    ]),
  });
  expect(filtered).toMatchObject({ sources: [{ module: 'camera', largest: 250_000 }] });
  const { State, RestartCount } = await edge.engine.docker.getContainer(module.containerId ?? '').inspect();
  expect({ running: State.Running, killed: State.OOMKilled, RestartCount }).toEqual({
    running: true,
    killed: false,
    RestartCount: 0,
  });
  const { payload } = await edge.invoke('CaptureMessages', { seconds: 1 });
  expect(payload).toMatchObject({ messages: 0 });
}, 60_000);

test('one that is cancelled leaves nothing; one whose module is killed listens anew, and arrives once', async () => {
  const begin = async (seconds: number) => {
    const { payload } = await edge.invoke('CaptureMessages', { seconds, sasUrl: edge.blob.containerSasUrl() });
    const task = taskOf(payload, (method, body) => edge.invoke(method, body, { timeoutSecs: 5 }));
    await task.until('listening', ({ step }: TaskAnswer) => step === 'listening');
    return task;
  };
  const cancelled = await begin(300);
  expect(await cancelled.cancel()).toMatchObject({
    status: 'Cancelled',
    partial: ['It was cancelled at this step: listening.'],
  });
  const killed = await begin(2);
  await module.kill();
  const { status, results } = await killed.finished();
  expect({ status, results }).toMatchObject({ status: 'Completed', results: [{ messages: 0 }] });
  const blobs = (await edge.blob.list()).map(({ name }) => name);
  expect(blobs).toEqual([decodeURIComponent(results?.[0]?.blob ?? '').split('/support/')[1]]);
  expect(await auditedEnds(module.dataDir, cancelled.id)).toEqual(['cancelled']);
  expect(await auditedEnds(module.dataDir, killed.id)).toEqual(['completed']);
}, 60_000);

const routeOf = (route: string | { readonly route: string }) => (typeof route === 'string' ? route : route.route);
