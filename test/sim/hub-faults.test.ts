import { once } from 'node:events';
import tls from 'node:tls';
import type { ModuleClient } from 'azure-iot-device';
import type { HubEvent } from '../../sim/hub/hub.ts';
import { connectModule, onMethod, report } from './support/device.ts';
import { ask, gatewayError } from './support/https.ts';
import { DEVICE, MODULE, startTestHub, type TestHub, until } from './support/hub.ts';
import { rawClient, serviceToken } from './support/raw.ts';

const METHODS = '$iothub/methods/POST/#';

let local: TestHub;
let opened: ModuleClient[];

beforeEach(async () => {
  local = await startTestHub(14);
  opened = [];
});

afterEach(async () => {
  for (const client of opened) await client.close();
  await local.stop();
});

/** The real SDK, with a method `Ping`. */
async function connectSdk(via: 'edge' | 'cloud' = 'edge'): Promise<ModuleClient> {
  const client = await connectModule(local.environment(MODULE, via));
  opened.push(client);
  const before = count('subscribe');
  onMethod(client, 'Ping', () => 'pong');
  await until('the method subscription', () => count('subscribe') > before);
  return client;
}

function of<T extends HubEvent['type']>(type: T): Extract<HubEvent, { type: T }>[] {
  return local.hub.events.filter((event): event is Extract<HubEvent, { type: T }> => event.type === type);
}

function count(type: HubEvent['type']): number {
  return of(type).length;
}

async function ping(responseTimeoutInSeconds = 5): Promise<unknown> {
  const answer = await ask(local, {
    method: 'POST',
    path: `/twins/${DEVICE}/modules/${MODULE}/methods?api-version=2021-04-12`,
    headers: { authorization: serviceToken(local) },
    body: { methodName: 'Ping', responseTimeoutInSeconds },
  });
  return answer.status === 200 ? (answer.body as { payload: unknown }).payload : gatewayError(answer).errorCode;
}

async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  return await Promise.race([
    promise.then(
      () => true,
      () => true,
    ),
    new Promise<boolean>((done) => setTimeout(done, ms, false)),
  ]);
}

test('without a fault the module answers', async () => {
  await connectSdk();
  expect(await ping()).toBe('pong');
});

test('cut drops a module, or all; they come back to their session', async () => {
  await connectSdk();
  const other = rawClient(local, { moduleId: 'other' });
  await other.connect();
  local.hub.faults.cut(MODULE);
  await until('the reconnect', () => count('connect') === 3);
  expect(of('connect').at(-1)).toMatchObject({ moduleId: MODULE, sessionPresent: true });
  expect(local.hub.connected('other')).toBe(true);
  expect(await ping()).toBe('pong');
  local.hub.faults.cut();
  await other.dropped;
  expect(
    of('disconnect')
      .map(({ moduleId }) => moduleId)
      .sort(),
  ).toEqual([MODULE, MODULE, 'other'].sort());
});

test('an endpoint that is down refuses; when it is up again the module returns', async () => {
  await connectSdk();
  await local.hub.faults.down('edge');
  expect(local.hub.connected(MODULE)).toBe(false);
  expect(await ping()).toBe(404103);
  for (const port of [443, 8883])
    await expect(fetch(`https://${local.edgeHost}:${port}/`)).rejects.toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    });
  await local.hub.faults.up('edge');
  await until('the reconnect', () => local.hub.connected(MODULE), 15_000);
  expect(await ping()).toBe('pong');
}, 20_000);

test('an endpoint that goes down drops every connection, also those that speak no MQTT', async () => {
  const sockets = [443, 5671].map((port) =>
    tls.connect({ host: local.edgeHost, port, ca: local.hub.rootCertificate }).on('error', () => undefined),
  );
  await Promise.all(sockets.map((socket) => once(socket, 'secureConnect')));
  const closed = sockets.map((socket) => new Promise((done) => socket.on('close', done)));
  await local.hub.faults.down('edge');
  await Promise.all(closed);
});

test('with the edge down the cloud endpoint still works', async () => {
  await local.hub.faults.down('edge');
  await connectSdk('cloud');
  expect(await ping()).toBe('pong');
  await local.hub.faults.down('cloud');
  await expect(ping()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a lost session leaves the SDK without its twin answers (sdk-node #1255), though it reconnects', async () => {
  const client = await connectSdk();
  const twin = await client.getTwin();
  await report(twin, { a: 1 });
  await local.hub.faults.down('edge');
  await local.hub.faults.loseSessions();
  await local.hub.faults.up('edge');
  await until('the reconnect', () => local.hub.connected(MODULE), 15_000);
  expect(of('connect').at(-1)).toMatchObject({ sessionPresent: false });
  expect(await settlesWithin(report(twin, { a: 2 }), 1500)).toBe(false);
  expect(of('reported').at(-1)).toMatchObject({ patch: { a: 2 }, status: 204, answered: false });
}, 25_000);

test('losing the session of a live connection drops it', async () => {
  const client = rawClient(local, { moduleId: MODULE });
  await client.connect();
  await client.subscribe(METHODS);
  await local.hub.faults.loseSessions('edge');
  await client.dropped;
  await client.connect();
  expect(of('connect').at(-1)).toMatchObject({ sessionPresent: false });
  expect(await ping()).toBe(404103);
  await client.disconnect();
});

test.each(['ignore', 'refuse'] as const)('a SUBSCRIBE can be swallowed (%s); the SDK does not notice', async (how) => {
  local.hub.faults.swallowSubscribe(METHODS, how);
  const client = await connectSdk();
  expect(of('subscribe')).toMatchObject([{ filter: METHODS, granted: how === 'ignore' ? 0 : 128, registered: false }]);
  expect(await ping()).toBe(404103);
  await client.getTwin();
  local.hub.faults.cut();
  await until('the reconnect', () => count('connect') === 2);
  expect(await settlesWithin(client.getTwin(), 3000)).toBe(true);
  local.hub.faults.swallowSubscribe(undefined);
});

test('a swallowed subscription is not in the persistent session', async () => {
  local.hub.register(MODULE);
  const client = rawClient(local, { moduleId: MODULE });
  local.hub.faults.swallowSubscribe(METHODS);
  await client.connect();
  await client.subscribe(METHODS);
  await client.disconnect();
  local.hub.faults.swallowSubscribe(undefined);
  await client.connect();
  expect(of('connect').at(-1)).toMatchObject({ sessionPresent: false });
  await client.subscribe(METHODS);
  const call = ping();
  const { topic } = await until('the request', () => client.messages[0]);
  client.publish(`$iothub/methods/res/200/?$rid=${topic.split('$rid=')[1]}`, '"heard"');
  expect(await call).toBe('heard');
  await client.disconnect();
});

test('a subscription from before the fault is restored with its session', async () => {
  const client = rawClient(local, { moduleId: MODULE });
  await client.connect();
  await client.subscribe(METHODS);
  local.hub.faults.swallowSubscribe(METHODS, 'refuse');
  await client.disconnect();
  await client.connect();
  const call = ping();
  const { topic } = await until('the request', () => client.messages[0]);
  client.publish(`$iothub/methods/res/200/?$rid=${topic.split('$rid=')[1]}`, '1');
  expect(await call).toBe(1);
  await client.disconnect();
});

test('dropMethodSubscription makes a connected module deaf, also after it comes back', async () => {
  const client = await connectSdk();
  await client.getTwin();
  await local.hub.faults.dropMethodSubscription(MODULE);
  expect(local.hub.connected(MODULE)).toBe(true);
  expect(await ping()).toBe(404103);
  const raw = rawClient(local, { moduleId: MODULE });
  opened.splice(0);
  await client.close();
  await raw.connect();
  expect(of('connect').at(-1)).toMatchObject({ sessionPresent: true });
  expect(await ping()).toBe(404103);
  await raw.disconnect();
});

test('withheld twin answers leave getTwin hanging', async () => {
  const client = await connectSdk();
  local.hub.faults.withholdTwinAnswers = true;
  expect(await settlesWithin(client.getTwin(), 1000)).toBe(false);
  expect(of('twinGet').at(-1)).toMatchObject({ moduleId: MODULE, answered: false });
  local.hub.faults.withholdTwinAnswers = false;
  expect((await client.getTwin()).properties.desired).toMatchObject({ $version: 1 });
});

test('tokenLifetimeSecs drops a connection early, again and again', async () => {
  local.hub.faults.tokenLifetimeSecs = 1;
  const client = rawClient(local, { moduleId: MODULE });
  const started = performance.now();
  await client.connect();
  await client.dropped;
  expect(performance.now() - started).toBeGreaterThan(900);
  await until('the event', () => of('disconnect').some(({ why }) => why === 'the token expired'));
  local.hub.faults.tokenLifetimeSecs = undefined;
  await client.connect();
  await new Promise((done) => setTimeout(done, 1200));
  expect(local.hub.connected(MODULE)).toBe(true);
  await client.disconnect();
});

test('delayMs holds a method back', async () => {
  await connectSdk();
  local.hub.faults.delayMs = 700;
  const started = performance.now();
  expect(await ping()).toBe('pong');
  expect(performance.now() - started).toBeGreaterThan(650);
});

test('noAnswerDelivered turns an answer into 504101', async () => {
  await connectSdk();
  local.hub.faults.noAnswerDelivered = true;
  expect(await ping()).toBe(504101);
  expect(of('methodAnswer')).toMatchObject([{ status: 200, body: '"pong"', fate: 'swallowed' }]);
  local.hub.faults.noAnswerDelivered = false;
  expect(await ping()).toBe('pong');
}, 10_000);

test('a hub whose port is taken says so and leaves nothing behind', async () => {
  await expect(startTestHub(14)).rejects.toThrow(/EADDRINUSE/);
});
