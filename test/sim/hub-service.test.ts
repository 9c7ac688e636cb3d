import { ask, gatewayError, type HttpsAnswer } from './support/https.ts';
import { DEVICE, MODULE, startTestHub, type TestHub } from './support/hub.ts';
import { moduleToken, type RawClient, rawClient, serviceToken } from './support/raw.ts';

const VERSION = 'api-version=2021-04-12';
const METHODS = `/twins/${DEVICE}/modules/${MODULE}/methods?${VERSION}`;
const TWIN = `/twins/${DEVICE}/modules/${MODULE}?${VERSION}`;

let local: TestHub;
let module: RawClient;

beforeAll(async () => {
  local = await startTestHub(12);
  local.hub.register(MODULE);
  local.hub.register('offline');
  module = rawClient(local, { moduleId: MODULE });
  await module.connect();
  await module.subscribe('$iothub/methods/POST/#');
});

afterAll(async () => {
  await module.disconnect();
  await local.stop();
});

function service(path: string, method = 'GET', body?: unknown, headers: Record<string, string> = {}) {
  return ask(local, { path, method, body, headers: { authorization: serviceToken(local), ...headers } });
}

function invoke(body: unknown, moduleId = MODULE): Promise<HttpsAnswer> {
  return service(METHODS.replace(MODULE, moduleId), 'POST', body);
}

/** Waits for the next method request and answers it. */
async function answerNext(status: number, body: string): Promise<{ topic: string; body: string }> {
  const seen = module.messages.length;
  for (let i = 0; i < 400 && module.messages.length === seen; i += 1) await new Promise((done) => setTimeout(done, 10));
  const request = module.messages[seen];
  if (request === undefined) throw new Error('no method request came');
  module.publish(`$iothub/methods/res/${status}/?$rid=${/\$rid=(.*)$/.exec(request.topic)?.[1]}`, body);
  return request;
}

describe('authorisation', () => {
  const refused = {
    Message: 'ErrorCode:IotHubUnauthorizedAccess;Unauthorized',
    ExceptionMessage: expect.stringMatching(/^Tracking ID:/),
  };

  test.each([
    ['no token', () => ({})],
    ['a token that expired', () => ({ authorization: serviceToken(local, -1) })],
    ['a wrong signature', () => ({ authorization: serviceToken(local).replace(/sig=./, 'sig=*') })],
    ['another policy', () => ({ authorization: serviceToken(local).replace('iothubowner', 'device') })],
    ["a module's token", () => ({ authorization: moduleToken(local, MODULE) })],
  ])('%s is refused with 401', async (_, headers) => {
    const answer = await ask(local, { path: TWIN, headers: headers() });
    expect(answer).toMatchObject({
      status: 401,
      body: refused,
      headers: { 'iothub-errorcode': 'IotHubUnauthorizedAccess' },
    });
  });

  test('the path of the connectivity check answers 401 too', async () => {
    expect(await ask(local, { path: '/devices/0000/modules' })).toMatchObject({ status: 401, body: refused });
  });
});

describe('paths', () => {
  test.each([
    ['GET', '/nothing'],
    ['GET', `/devices/${DEVICE}?${VERSION}`],
    ['DELETE', TWIN],
    ['GET', METHODS],
    ['POST', `/twins/${DEVICE}/methods?${VERSION}`],
  ])('%s %s answers 404 with JSON', async (method, path) => {
    const answer = await service(path, method);
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ Message: expect.stringMatching(/^ErrorCode:NotFound;/) });
  });

  test('an unknown module and an unknown device are 404 with their codes', async () => {
    expect((await service(TWIN.replace(MODULE, 'nobody'))).body).toMatchObject({
      Message: expect.stringContaining('ModuleNotFound'),
    });
    expect((await service(TWIN.replace(DEVICE, 'else'))).body).toMatchObject({
      Message: expect.stringContaining('DeviceNotFound'),
    });
    const call = await service(METHODS.replace(DEVICE, 'else'), 'POST', { methodName: 'Ping' });
    expect(call.status).toBe(404);
    expect(gatewayError(call)).toMatchObject({ errorCode: 404001 });
    expect(gatewayError(await invoke({ methodName: 'Ping' }, 'nobody'))).toMatchObject({ errorCode: 404010 });
  });

  test('an api-version is required', async () => {
    expect((await service(TWIN.split('?')[0] ?? '')).status).toBe(400);
  });
});

describe('methods', () => {
  test('a call goes to the module and its answer to the caller', async () => {
    const [request, answer] = await Promise.all([
      answerNext(418, '{"tea":"pot"}'),
      invoke({ methodName: 'Brew', payload: { cups: 2 } }),
    ]);
    expect(request).toEqual({
      topic: expect.stringMatching(/^\$iothub\/methods\/POST\/Brew\/\?\$rid=/),
      body: '{"cups":2}',
    });
    expect(answer).toMatchObject({ status: 200, body: { status: 418, payload: { tea: 'pot' } } });
  });

  test.each([
    ['no name', {}],
    ['a name with a slash', { methodName: 'a/b' }],
    ['a response timeout of 4', { methodName: 'a', responseTimeoutInSeconds: 4 }],
    ['a response timeout of 301', { methodName: 'a', responseTimeoutInSeconds: 301 }],
    ['a response timeout that is text', { methodName: 'a', responseTimeoutInSeconds: '10' }],
    ['a connect timeout of 301', { methodName: 'a', connectTimeoutInSeconds: 301 }],
    ['no JSON', 'nonsense'],
    ['a list', []],
  ])('%s is refused with 400', async (_, body) => {
    expect((await invoke(body)).status).toBe(400);
  });

  test('a payload of 128 KB is taken and one byte more is refused with 413', async () => {
    const payload = 'x'.repeat(128 * 1024 - 2);
    const [, answer] = await Promise.all([answerNext(200, '1'), invoke({ methodName: 'a', payload })]);
    expect(answer.status).toBe(200);
    const refused = await invoke({ methodName: 'a', payload: `${payload}x` });
    expect(refused.status).toBe(413);
    expect(refused.body).toMatchObject({ Message: expect.stringContaining('MessageTooLarge') });
  });

  test('an answer of 128 KB is taken; a larger one, and one that is no JSON, are 502', async () => {
    const body = JSON.stringify('x'.repeat(128 * 1024 - 2));
    const [, taken] = await Promise.all([answerNext(200, body), invoke({ methodName: 'a' })]);
    expect(taken.status).toBe(200);
    const [, large] = await Promise.all([answerNext(200, `${body} `), invoke({ methodName: 'a' })]);
    expect(large.status).toBe(502);
    const [, broken] = await Promise.all([answerNext(200, '{'), invoke({ methodName: 'a' })]);
    expect(broken.status).toBe(502);
  });

  test('a module that is not connected, or not subscribed to methods, is 404103 at once', async () => {
    const answer = await invoke({ methodName: 'Ping' }, 'offline');
    expect(answer).toMatchObject({ status: 404, body: { ExceptionMessage: '' } });
    expect(gatewayError(answer)).toMatchObject({
      errorCode: 404103,
      info: { timeout: '00:00:00' },
      message: expect.stringContaining("isn't online"),
    });
    const deaf = rawClient(local, { moduleId: 'offline' });
    await deaf.connect();
    expect(local.hub.connected('offline')).toBe(true);
    expect(gatewayError(await invoke({ methodName: 'Ping' }, 'offline'))).toMatchObject({ errorCode: 404103 });
    await deaf.disconnect();
  });

  test('a connect timeout waits for the module to subscribe, and ends in 404103', async () => {
    const started = performance.now();
    const waiting = invoke({ methodName: 'Ping', connectTimeoutInSeconds: 20 }, 'offline');
    const inVain = invoke({ methodName: 'Ping', connectTimeoutInSeconds: 1 }, 'offline');
    expect(gatewayError(await inVain)).toMatchObject({ errorCode: 404103, info: { timeout: '00:00:01' } });
    expect(performance.now() - started).toBeGreaterThan(950);
    const late = rawClient(local, { moduleId: 'offline' });
    await late.connect();
    await late.subscribe('$iothub/methods/POST/#');
    for (let i = 0; i < 300 && late.messages.length === 0; i += 1) await new Promise((done) => setTimeout(done, 10));
    const rid = /\$rid=(.*)$/.exec(late.messages[0]?.topic ?? '')?.[1];
    late.publish(`$iothub/methods/res/200/?$rid=${rid}`, '"late"');
    expect(await waiting).toMatchObject({ status: 200, body: { status: 200, payload: 'late' } });
    await late.disconnect();
  });

  test('no answer in time is 504101, and a late answer goes nowhere', async () => {
    const answer = await invoke({ methodName: 'Silent', responseTimeoutInSeconds: 5 });
    expect(answer.status).toBe(504);
    expect(gatewayError(answer)).toMatchObject({
      errorCode: 504101,
      message: 'Timed out waiting for the response from device.',
    });
    const rid = /\$rid=(.*)$/.exec(module.messages.at(-1)?.topic ?? '')?.[1];
    module.publish(`$iothub/methods/res/200/?$rid=${rid}`, '1');
    for (let i = 0; i < 300 && local.hub.events.at(-1)?.type !== 'methodAnswer'; i += 1)
      await new Promise((done) => setTimeout(done, 10));
    expect(local.hub.events.at(-1)).toMatchObject({ type: 'methodAnswer', rid, fate: 'late' });
  }, 10_000);

  test("another module's answer is not taken", async () => {
    const other = rawClient(local, { moduleId: 'offline' });
    await other.connect();
    const seen = module.messages.length;
    const call = invoke({ methodName: 'Mine', responseTimeoutInSeconds: 5 });
    for (let i = 0; i < 300 && module.messages.length === seen; i += 1)
      await new Promise((done) => setTimeout(done, 10));
    const rid = /\$rid=(.*)$/.exec(module.messages.at(-1)?.topic ?? '')?.[1];
    other.publish(`$iothub/methods/res/200/?$rid=${rid}`, '"not mine"');
    await new Promise((done) => setTimeout(done, 100));
    module.publish(`$iothub/methods/res/200/?$rid=${rid}`, '"mine"');
    expect((await call).body).toEqual({ status: 200, payload: 'mine' });
    await other.disconnect();
  });
});

describe('twins', () => {
  test('an identity can be read, and the device lists it', async () => {
    const one = await service(`/devices/${DEVICE}/modules/${MODULE}?${VERSION}`);
    expect(one.body).toMatchObject({
      moduleId: MODULE,
      deviceId: DEVICE,
      managedBy: 'iotEdge',
      connectionState: 'Connected',
    });
    expect((await service(`/devices/${DEVICE}/modules?${VERSION}`)).body).toEqual([
      one.body,
      expect.objectContaining({ moduleId: 'offline' }),
    ]);
  });

  test('PUT replaces what PATCH merges, with an etag in header and body', async () => {
    await service(TWIN, 'PATCH', { properties: { desired: { a: 1, b: { c: 1 } } }, tags: { x: 1 } });
    const merged = await service(TWIN, 'PATCH', { properties: { desired: { b: { d: 2 } } }, tags: { y: 2 } });
    expect(merged.body).toMatchObject({ tags: { x: 1, y: 2 }, properties: { desired: { a: 1, b: { c: 1, d: 2 } } } });
    const { etag } = merged.body as { etag: string };
    expect(merged.headers.etag).toBe(`"${etag}"`);
    const replaced = await service(TWIN, 'PUT', { properties: { desired: { b: 7 } } }, { 'if-match': `"${etag}"` });
    expect((replaced.body as { properties: { desired: unknown } }).properties.desired).toEqual({
      b: 7,
      $version: 4,
      $metadata: expect.anything(),
    });
    expect((await service(TWIN, 'PATCH', { tags: {} }, { 'if-match': `"${etag}"` })).status).toBe(412);
  });

  test.each([
    ['desired that is no object', { properties: { desired: 1 } }, 400],
    ['tags that are no object', { tags: [] }, 400],
    ['a value over 4 KB', { properties: { desired: { a: 'x'.repeat(4097) } } }, 400],
    ['a section over 32 KB', { properties: { desired: { a: Array(9).fill('x'.repeat(4000)) } } }, 413],
  ])('%s is refused', async (_, body, status) => {
    expect((await service(TWIN, 'PATCH', body)).status).toBe(status);
  });
});

describe('module to module', () => {
  const headers = () => ({ authorization: moduleToken(local, 'offline'), 'x-ms-edge-moduleId': `${DEVICE}/offline` });
  const call = (sent: Record<string, string>, path = METHODS) =>
    ask(local, { via: 'edge', method: 'POST', path, headers: sent, body: { methodName: 'Ping' } });

  test('a caller without its header or with a foreign token is refused with 401', async () => {
    expect((await call({ authorization: moduleToken(local, 'offline') })).status).toBe(401);
    expect((await call({ ...headers(), authorization: moduleToken(local, MODULE) })).status).toBe(401);
    expect((await call({ ...headers(), authorization: serviceToken(local) })).status).toBe(401);
  });

  test('an unknown module is 404 and other paths are too', async () => {
    expect((await call(headers(), METHODS.replace(MODULE, 'nobody'))).status).toBe(404);
    expect((await call(headers(), TWIN)).status).toBe(404);
  });

  test('the answer comes back', async () => {
    const [, answer] = await Promise.all([answerNext(200, '"pong"'), call(headers())]);
    expect(answer).toMatchObject({ status: 200, body: { status: 200, payload: 'pong' } });
  });
});
