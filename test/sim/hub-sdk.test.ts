import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import common from 'azure-iot-common';
import type { ModuleClient } from 'azure-iot-device';
import { connectModule, onMethod, report } from './support/device.ts';
import { DEVICE, MODULE, startTestHub, type TestHub, until } from './support/hub.ts';
import { type Operator, startOperator } from './support/operator.ts';
import { serviceToken } from './support/raw.ts';

let local: TestHub;
let operator: Operator;
let client: ModuleClient;

beforeAll(async () => {
  local = await startTestHub(11);
  operator = await startOperator(local);
  client = await connectModule(local.environment(MODULE));
  onMethod(client, 'Ping', (payload) => ({ pong: payload }));
  onMethod(client, 'Null', () => null);
  await until('the method subscription', () => local.hub.events.find((event) => event.type === 'subscribe'));
});

afterAll(async () => {
  await client.close();
  await operator.stop();
  await local.stop();
});

test('the device SDK connects to edgeHub with a persistent session and subscribes to methods', () => {
  expect(local.hub.connected(MODULE)).toBe(true);
  expect(local.hub.events.slice(0, 2)).toMatchObject([
    { type: 'connect', endpoint: 'edge', moduleId: MODULE, clean: false, sessionPresent: false },
    { type: 'subscribe', filter: '$iothub/methods/POST/#', granted: 0, registered: true },
  ]);
});

test('the service SDK invokes a method', async () => {
  const params = { methodName: 'Ping', payload: { a: [1, 'ü', null] }, responseTimeoutInSeconds: 10 };
  expect(await operator.invoke(DEVICE, MODULE, params)).toEqual({
    status: 200,
    payload: { pong: { a: [1, 'ü', null] } },
  });
});

test('a payload of null stays null both ways', async () => {
  expect(await operator.invoke(DEVICE, MODULE, { methodName: 'Ping' })).toEqual({
    status: 200,
    payload: { pong: null },
  });
  expect(await operator.invoke(DEVICE, MODULE, { methodName: 'Null', payload: {} })).toEqual({
    status: 200,
    payload: null,
  });
});

test('plain curl invokes a method', async () => {
  const { stdout } = await promisify(execFile)('curl', [
    '--silent',
    ...['--max-time', '20', '--cacert', operator.rootFile],
    ...['--header', `Authorization: ${serviceToken(local)}`, '--header', 'Content-Type: application/json'],
    ...['--data', '{"methodName":"Ping","responseTimeoutInSeconds":10,"payload":{"from":"curl"}}'],
    `https://${local.cloudHost}/twins/${DEVICE}/modules/${MODULE}/methods?api-version=2021-04-12`,
  ]);
  expect(JSON.parse(stdout)).toEqual({ status: 200, payload: { pong: { from: 'curl' } } });
});

test('the twin goes round: desired from the service to the module, reported from the module to the service', async () => {
  const twin = await client.getTwin();
  expect(twin.properties.desired).toEqual({ $version: 1 });
  const changes: unknown[] = [];
  twin.on('properties.desired', (delta) => changes.push(delta));
  await until('the desired subscription', () =>
    local.hub.events.find((event) => event.type === 'subscribe' && event.filter.includes('desired')),
  );

  const before = await operator.getTwin(DEVICE, MODULE);
  const patch = { properties: { desired: { logLevel: 'debug', nested: { a: 1 } } }, tags: { site: 'x' } };
  const after = await operator.updateTwin(DEVICE, MODULE, patch, before.etag as string);
  expect(after).toMatchObject({ tags: { site: 'x' }, properties: { desired: { logLevel: 'debug', $version: 2 } } });
  await until('the change at the module', () => changes.some((change) => JSON.stringify(change).includes('debug')));
  expect(changes.at(-1)).toMatchObject({ logLevel: 'debug', nested: { a: 1 }, $version: 2 });

  await report(twin, { version: '1.2.3', gone: 1 });
  await report(twin, { gone: null });
  expect(local.hub.twin(MODULE)).toEqual({
    desired: { logLevel: 'debug', nested: { a: 1 } },
    reported: { version: '1.2.3' },
  });
  expect(await operator.getTwin(DEVICE, MODULE)).toMatchObject({
    connectionState: 'Connected',
    properties: { reported: { version: '1.2.3', $version: 3 } },
  });
});

test('an outdated etag is refused as the service SDK knows it', async () => {
  const { etag } = await operator.getTwin(DEVICE, MODULE);
  await operator.updateTwin(DEVICE, MODULE, { properties: { desired: { a: 1 } } }, etag as string);
  const late = operator.updateTwin(DEVICE, MODULE, { properties: { desired: { a: 2 } } }, etag as string);
  await expect(late).rejects.toMatchObject({ name: 'InvalidEtagError' });
});

test('reported properties over the limit reach the module as an error', async () => {
  const twin = await client.getTwin();
  const many = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`k${i}`, 'x'.repeat(4000)]));
  await expect(report(twin, many)).rejects.toThrow(/32768/);
  await expect(report(twin, { long: 'x'.repeat(5000) })).rejects.toThrow(/4096/);
});

test('patchDesired reaches the module', async () => {
  const twin = await client.getTwin();
  const seen = new Promise((resolve) => twin.on('properties.desired.direct', resolve));
  local.hub.patchDesired(MODULE, { direct: { yes: true } });
  expect(await seen).toMatchObject({ yes: true });
});

test('telemetry is taken and recorded', async () => {
  const message = new common.Message('{"t":21}');
  message.properties.add('kind', 'test');
  await client.sendOutputEvent('out', message);
  const event = await until('the message', () => local.hub.events.find(({ type }) => type === 'telemetry'));
  expect(event).toMatchObject({ moduleId: MODULE, body: '{"t":21}', topic: expect.stringContaining('kind=test') });
});

test("a module invokes another module's method through edgeHub", async () => {
  const other = await connectModule(local.environment('other'));
  try {
    const params = { methodName: 'Ping', payload: 'hi', responseTimeoutInSeconds: 10, connectTimeoutInSeconds: 1 };
    expect(await other.invokeMethod(DEVICE, MODULE, params)).toEqual({ status: 200, payload: { pong: 'hi' } });
    await expect(other.invokeMethod(DEVICE, 'nobody', params)).rejects.toThrow();
  } finally {
    await other.close();
  }
});

test('the service side lists the modules', async () => {
  const modules = await operator.modules(DEVICE);
  expect(modules.map(({ moduleId }) => moduleId)).toEqual([MODULE, 'other']);
});

test('a module in the cloud is invoked there, and a module may be at both', async () => {
  const cloud = await connectModule(local.environment(MODULE, 'cloud'));
  try {
    onMethod(cloud, 'Ping', () => 'from the cloud connection');
    await until('the subscription', () =>
      local.hub.events.find((event) => event.type === 'subscribe' && event.endpoint === 'cloud'),
    );
    expect(await operator.invoke(DEVICE, MODULE, { methodName: 'Ping' })).toEqual({
      status: 200,
      payload: 'from the cloud connection',
    });
  } finally {
    await cloud.close();
  }
  await until('the end of it', () =>
    local.hub.events.find((event) => event.type === 'disconnect' && event.endpoint === 'cloud'),
  );
  expect(await operator.invoke(DEVICE, MODULE, { methodName: 'Ping' })).toEqual({
    status: 200,
    payload: { pong: null },
  });
});

test('the SDK renews its token by reconnecting, and finds its session and subscriptions', async () => {
  const renewing = await connectModule(local.environment('renewing'));
  try {
    onMethod(renewing, 'Ping', () => 'still here');
    const connects = () =>
      local.hub.events.filter((event) => event.type === 'connect' && event.moduleId === 'renewing');
    await until('the subscription', () =>
      local.hub.events.find((event) => event.type === 'subscribe' && event.moduleId === 'renewing'),
    );
    await renewing.setOptions({
      // The SDK forgets the trust bundle of fromEnvironment when any option is set without it.
      ca: local.hub.rootCertificate,
      tokenRenewal: { tokenValidTimeInSeconds: 3, tokenRenewalMarginInSeconds: 2 },
    });
    await until('two renewals', () => connects().length >= 3);
    expect(connects().at(-1)).toMatchObject({ sessionPresent: true, clean: false });
    const params = { methodName: 'Ping', connectTimeoutInSeconds: 3 };
    expect(await operator.invoke(DEVICE, 'renewing', params)).toEqual({ status: 200, payload: 'still here' });
  } finally {
    await renewing.close();
  }
});
