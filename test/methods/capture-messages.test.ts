import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import common from 'azure-iot-common';
import type { ModuleClient } from 'azure-iot-device';
import { type Blob, startBlob } from '../../sim/blob.ts';
import { waitFor } from '../../sim/wait.ts';
import { connectModule } from '../sim/support/device.ts';
import { DEVICE, MODULE, startTestHub, type TestHub, until } from '../sim/support/hub.ts';
import { taskOf } from '../support/task.ts';
import { type HubModule, startHubModule } from './support/hub-module.ts';

/*
 * The module as a process on a real broker, called with the real service SDK; messages come from the real device SDK by a
 * route.
 */

const route = `FROM /messages/* INTO BrokeredEndpoint("/modules/${MODULE}/inputs/tap")`;
const secret =
  'HostName=h.azure-devices.net;DeviceId=d;SharedAccessKey=c2VjcmV0LW9mLXRoZS1kZXZpY2UtMTIzNDU2Nzg5MDEyMzQ=';

let local: TestHub;
let module: HubModule;
const senders = new Map<string, ModuleClient>();

beforeAll(async () => {
  local = await startTestHub(43);
  local.hub.setRoutes({ tap: { route } });
  module = await startHubModule(local, { EDGE_SUPPORT_METHOD_TIMEOUT_SECS: '2' });
  for (const name of ['filter', 'sensor']) senders.set(name, await connectModule(local.environment(name)));
}, 40_000);
afterAll(async () => {
  for (const sender of senders.values()) await sender.close().catch(() => undefined);
  await module?.stop();
  await local?.stop();
}, 20_000);

interface Captured {
  readonly seconds: number;
  readonly messages: number;
  readonly bytes: number;
  readonly perSecond: number;
  readonly filteredOut?: number;
  readonly sources: readonly Record<string, unknown>[];
  readonly sample: readonly Record<string, unknown>[];
  readonly partial?: readonly string[];
  readonly note?: string;
}

async function send(from: string, body: string | Buffer, properties: Record<string, string> = {}): Promise<void> {
  const message = new common.Message(body);
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  for (const [name, value] of Object.entries(properties)) message.properties.add(name, value);
  await senders.get(from)?.sendOutputEvent('out', message);
}

const requests = () =>
  local.hub.events.filter((event) => event.type === 'methodRequest' && event.name === 'CaptureMessages').length;

/** Calls CaptureMessages and does this once the module listens. */
async function capture(payload: object, meanwhile: () => Promise<void>) {
  const before = requests();
  const answer = module.invoke('CaptureMessages', payload);
  await until('the call', () => requests() > before);
  await delay(150);
  await meanwhile();
  return answer;
}

const heard = async (payload: object, meanwhile: () => Promise<void>) => {
  const { status, payload: body } = await capture(payload, meanwhile);
  expect({ status, message: (body as { message?: string }).message }).toEqual({ status: 200, message: undefined });
  return body as Captured;
};

test('messages are counted by source and shown, with properties and bodies, secrets taken out of both', async () => {
  const captured = await heard({ seconds: 1, bodyBytes: 200 }, async () => {
    await send('filter', '{"temperature":21.5,"password":"hunter2-hunter2"}', {
      alert: 'true',
      token: 'abcdefgh12345',
    });
    await send('sensor', secret);
    await send('sensor', `${'é'.repeat(150)}`);
    await send('sensor', Buffer.from([1, 2, 3, 255]));
    await send('sensor', gzipSync(Buffer.from('{"packed":[1,2]}')));
    await send('sensor', Buffer.concat([Buffer.from([0, 1, 2]), Buffer.from(secret)]));
  });
  expect(JSON.stringify(captured)).not.toMatch(/hunter2|abcdefgh12345|c2VjcmV0LW9m/);
  expect(captured).toMatchObject({ messages: 6, seconds: expect.any(Number), perSecond: expect.any(Number) });
  expect(captured.seconds).toBeGreaterThan(0.9);
  expect(captured.sources).toEqual([
    expect.objectContaining({ device: DEVICE, module: 'sensor', input: 'tap', messages: 5, smallest: 4, largest: 300 }),
    expect.objectContaining({ device: DEVICE, module: 'filter', input: 'tap', messages: 1, smallest: 49, mean: 49 }),
  ]);
  const [json, text, long, binary, packed, hidden] = captured.sample;
  expect(json).toEqual({
    at: expect.stringMatching(/^2\d{3}-.*Z$/),
    device: DEVICE,
    module: 'filter',
    input: 'tap',
    bytes: 49,
    properties: { alert: 'true', token: expect.stringMatching(/^‹secret:/) },
    system: { contentType: 'application/json', contentEncoding: 'utf-8' },
    body: { temperature: 21.5, password: expect.stringMatching(/^‹secret:/) },
  });
  expect(text).toMatchObject({ module: 'sensor', body: expect.stringContaining('SharedAccessKey=‹secret:') });
  expect(long).toMatchObject({ body: 'é'.repeat(100), bodyCut: true, bytes: 300 });
  expect(binary).toMatchObject({ bodyBase64: 'AQID/w==' });
  expect(packed).toMatchObject({ body: { packed: [1, 2] } });
  expect(hidden).toMatchObject({ bodyWithheld: 'it is binary and has a secret in it' });
  expect(captured.note).toBeUndefined();
}, 20_000);

test('while nobody looks, messages are acknowledged and dropped; and when none comes it is told what route is needed', async () => {
  const acknowledged = () => local.hub.events.filter(({ type }) => type === 'input').length;
  const before = acknowledged();
  await Promise.all(Array.from({ length: 50 }, (_, index) => send('filter', `{"n":${index}}`)));
  await until('the acknowledgements', () => acknowledged() === before + 50);
  expect(local.hub.stored(MODULE)).toBe(0);
  const captured = await heard({ seconds: 1 }, async () => undefined);
  expect(captured).toMatchObject({ messages: 0, perSecond: 0, sources: [], sample: [] });
  expect(captured.note).toContain(
    `either nobody sent one, or no route leads here; one that does, among the routes of $edgeHub in the deployment, is ${route}`,
  );
}, 20_000);

test('a filter is looked for in source, properties and body, in any case, and finds no secrets; several look at once', async () => {
  const filters: readonly (readonly [filter: string, found: number])[] = [
    [`^${DEVICE}/sensor$`, 1],
    ['^alert=TRUE$', 1],
    ['"n":[12]\\b', 2],
    ['hunter2', 0],
  ];
  const calls = filters.map(([filter]) => heard({ seconds: 1, filter }, async () => undefined));
  await delay(300);
  await send('filter', '{"n":1}', { alert: 'true' });
  await send('sensor', '{"n":2}', { alert: 'false' });
  await send('filter', '{"n":3,"password":"hunter2-hunter2"}');
  const found = (await Promise.all(calls)).map(({ messages, filteredOut, sample }) => [
    messages,
    filteredOut,
    sample.length,
  ]);
  expect(found).toEqual(filters.map(([, messages]) => [messages, 3 - messages, messages]));
}, 20_000);

test('max is what is shown, shared between the sources; all are counted', async () => {
  const captured = await heard({ seconds: 1, max: 4 }, async () => {
    for (let n = 0; n < 10; n += 1) await send('filter', `{"n":${n}}`);
    for (let n = 10; n < 12; n += 1) await send('sensor', `{"n":${n}}`);
  });
  expect(captured).toMatchObject({ messages: 12 });
  expect(captured.sample.map(({ module: from, body }) => [from, (body as { n: number }).n])).toEqual([
    ['filter', 0],
    ['filter', 1],
    ['sensor', 10],
    ['sensor', 11],
  ]);
}, 20_000);

test.each([
  [{ filter: '(' }, /^filter: "\(" is not a usable pattern: /],
  [{ seconds: 0 }, /seconds must be an integer from 1 to 300, got 0$/],
  [{ seconds: 'long' }, /seconds must be an integer, got "long"$/],
  [{ max: 201 }, /max must be an integer from 0 to 200, got 201$/],
  [{ max: 100, bodyBytes: 100_000 }, /bodyBytes times max must be at most 2000000$/],
  [{ secnds: 5 }, /secnds is not a field; did you mean seconds\?$/],
  [{ sasUrl: 'nothing' }, /sasUrl/],
])('%j is refused with what was expected', async (payload, message) => {
  expect(await module.invoke('CaptureMessages', payload)).toEqual({
    status: 400,
    payload: { message: expect.stringMatching(message) },
  });
});

test('the owner can forbid it', async () => {
  local.hub.patchDesired(MODULE, { policy: { allowedMethods: ['Ping', 'GetTaskStatus'] } });
  try {
    const refused = async () => {
      const answered = await module.invoke('CaptureMessages', { filter: '(' });
      return answered.status === 400 ? undefined : answered;
    };
    const answer = await waitFor('the policy', refused, { limitMs: 5000, everyMs: 20 });
    expect(answer).toMatchObject({
      status: 403,
      payload: { message: expect.stringContaining('CaptureMessages is not allowed on this device') },
    });
  } finally {
    local.hub.patchDesired(MODULE, { policy: null });
    const allowed = async () =>
      (await module.invoke('CaptureMessages', { filter: '(' })).status === 400 ? true : undefined;
    await waitFor('the end of the policy', allowed, { limitMs: 5000, everyMs: 20 });
  }
});

test('a long one goes on as a task; a connection that is lost meanwhile is told, and what came after it is there', async () => {
  const { payload } = await capture({ seconds: 5 }, () => send('filter', '{"n":1}'));
  const task = taskOf(payload, module.invoke);
  local.hub.faults.cut(MODULE);
  await until('the loss', () => !local.hub.connected(MODULE));
  await until('the return', () => local.hub.connected(MODULE));
  await send('filter', '{"n":2}');
  const { status, answer } = (await task.finished(20_000)) as unknown as { status: string; answer: Captured };
  expect(status).toBe('Completed');
  expect(answer).toMatchObject({ messages: 2, sources: [{ module: 'filter', messages: 2 }] });
  expect(answer.partial).toEqual([
    expect.stringMatching(/^From 2\S+Z no messages could come for [\d.]+ s: the connection to edgeHub ended: .+\.$/),
  ]);
  expect(answer.seconds).toBeLessThan(5);
}, 40_000);

test('a task is cancelled at once', async () => {
  const { payload } = await capture({ seconds: 300 }, async () => undefined);
  const task = taskOf(payload, module.invoke);
  expect(await task.status()).toMatchObject({ status: 'Running', step: 'listening' });
  expect(await task.cancel()).toMatchObject({ status: 'Cancelled' });
}, 20_000);

describe('with a sasUrl', () => {
  let blob: Blob;
  let dir: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'blob-'));
    blob = await startBlob({ dir, address: '127.0.0.1', port: 20_000 + (process.pid % 20_000) });
  }, 30_000);
  afterAll(async () => {
    await blob?.stop();
    await rm(dir, { recursive: true, force: true });
  });

  test('it is uploaded, redacted; a deadline ends it early with what there is', async () => {
    const { status, payload } = await module.invoke('CaptureMessages', {
      seconds: 60,
      timeoutSecs: 1,
      sasUrl: blob.containerSasUrl(),
    });
    expect(status).toBe(200);
    const task = taskOf(payload, module.invoke);
    await task.until('listening', ({ step }) => step === 'listening');
    await send('filter', `{"key":"${secret}"}`, { password: 'hunter2-hunter2' });
    const ended = await task.finished();
    expect(ended).toMatchObject({ status: 'Completed', results: [{ blob: expect.any(String), messages: 1 }] });
    const name = new URL(ended.results?.[0]?.blob ?? '').pathname.split('/').slice(3).map(decodeURIComponent).join('/');
    expect(name).toMatch(/\/messages-2\d{3}-.*\.json$/);
    const text = (await blob.download(name)).toString();
    expect(text).not.toMatch(/hunter2|c2VjcmV0LW9m/);
    expect(JSON.parse(text)).toMatchObject({
      messages: 1,
      sample: [{ module: 'filter', properties: { password: expect.stringMatching(/^‹secret:/) } }],
      partial: [expect.stringMatching(/^It was ended early: /)],
    });
  }, 30_000);
});
