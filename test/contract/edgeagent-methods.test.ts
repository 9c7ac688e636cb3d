import { gunzipSync } from 'node:zlib';
import { SupportError } from '../../module/base/errors.ts';
import { blobExtension, readItems, selectModules } from '../../module/logs/logs.ts';
import { dispatch, methods } from '../../module/methods/index.ts';
import { defineMethod } from '../../module/methods/method.ts';
import { readPayload, validate } from '../../module/methods/payload.ts';
import { blobHeaders, blobName } from '../../module/storage/names.ts';
import { rewriteUpstream } from '../../module/storage/sas.ts';
import { failureMessage } from '../../module/tasks/ledger.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { memoryLog, services } from '../support/services.ts';
import { newFolder, removeFolders, tasksIn } from '../tasks/support/tasks.ts';
import { type Vector, vectorsOf } from './vectors.ts';

/*
 * edgeAgent's behaviour as recorded in edgeagent-vectors.json. `vectorsOf` leaves out the ids in the table of
 * docs/compatibility.md, where ours is deliberately different; each of those has its own test below.
 */

const running = (...names: string[]) =>
  memoryDocker(
    Object.fromEntries(names.map((name) => [name, { state: 'running', startedAt: '2026-01-01T00:00:00Z' }])),
  );

const bytes = (payload: unknown) => (typeof payload === 'string' ? Buffer.from(payload) : undefined);

/** What a parse gave: the request, or the refusal as dispatch would answer it. */
function parse(name: string, payload: unknown) {
  const method = methods.find((one) => one.name === name);
  if (!method?.request) throw new Error(`no method ${name} with a schema`);
  const log = memoryLog();
  try {
    const request = validate(method, readPayload(method, bytes(payload)), log);
    return { request: request as Record<string, unknown>, warned: log.lines.length > 0 };
  } catch (error) {
    if (!(error instanceof SupportError)) throw error;
    return { status: error.code === 'bad-request' ? 400 : 500, message: error.message };
  }
}

/** The vectors write null where we leave a field out. */
function fill(actual: unknown, like: unknown): unknown {
  if (Array.isArray(like)) return like.map((item, index) => fill((actual as unknown[])[index], item));
  if (typeof like !== 'object' || like === null) return actual ?? null;
  const given = (actual ?? {}) as Record<string, unknown>;
  return Object.fromEntries(Object.entries(like).map(([key, own]) => [key, fill(given[key], own)]));
}

function expectRefusal(actual: { status?: number; message?: string }, expected: Vector['expected']) {
  expect(actual.status).toBe(expected['status']);
  if (expected['message'] !== undefined) expect(actual.message).toBe(expected['message']);
  if (expected['messagePrefix'] !== undefined)
    expect(actual.message?.startsWith(String(expected['messagePrefix']))).toBe(true);
}

test.each(vectorsOf('request'))('$id $name', ({ input, expected }) => {
  const actual = parse(String(input['method']), input['payload']);
  if (expected['valid'] === false) return expectRefusal(actual, expected);
  expect(actual.message).toBeUndefined();
  if (expected['normalized']) expect(fill(actual.request, expected['normalized'])).toEqual(expected['normalized']);
});

const minimal: Record<string, object> = {
  GetModuleLogs: { items: [] },
  RestartModule: { id: 'm' },
  GetTaskStatus: { correlationId: 'x' },
};

test.each(vectorsOf('schemaVersion'))('$id $name', ({ input, expected }) => {
  const method = String(input['method']);
  const actual = parse(method, JSON.stringify({ schemaVersion: input['value'], ...minimal[method] }));
  if (expected['accepted'] === false) return expectRefusal(actual, expected);
  expect(actual).toMatchObject({ warned: expected['warns'] });
});

test.each(vectorsOf('methodName'))('$id $name', async ({ input, expected }) => {
  const name = String(input['method']);
  const thrown = input['simulate'];
  const failing = defineMethod({
    name,
    about: '',
    request: null,
    handle: async () => {
      throw thrown === 'ArgumentException' ? new SupportError('bad-request', 'x') : new Error('x');
    },
  });
  const call = { name, payload: bytes(input['payload']) };
  const answer = await dispatch(call, services({ docker: running() }), thrown ? [failing] : methods);
  expect(answer.status).toBe(expected['status']);
  if ('payload' in expected) expect(answer.body).toEqual(expected['payload']);
  if ('message' in expected) expect(answer.body).toEqual({ message: expected['message'] });
});

test.each(vectorsOf('idMatch'))('$id $name', ({ input, expected }) => {
  const select = () =>
    selectModules(readItems([{ id: String(input['regex']) }], new Date()), input['modules'] as string[]);
  if (expected['error']) return expect(select).toThrow(SupportError);
  expect(
    select()
      .map(({ module }) => module)
      .toSorted(),
  ).toEqual((expected['ids'] as string[]).toSorted());
});

test.each(vectorsOf('response'))('$id $name', async ({ input, expected }) => {
  const sizes = (input['charsPerModule'] as number[] | undefined) ?? [];
  const log = (text: string) => ({ state: 'running' as const, startedAt: '', log: text });
  const containers = input['module']
    ? { [String(input['module'])]: log(String(input['content'])) }
    : Object.fromEntries(sizes.map((size, index) => [`m${index}`, log('x'.repeat(size))]));
  const request = { schemaVersion: '1.0', items: { id: 'all' }, contentType: 'text', encoding: input['encoding'] };
  const call = { name: 'GetModuleLogs', payload: Buffer.from(JSON.stringify(request)) };
  const answer = await dispatch(call, services({ docker: memoryDocker(containers) }));
  if (expected['status'] === 400) return expectRefusal({ status: answer.status, ...(answer.body as object) }, expected);
  expect(answer.status).toBe(200);
  const item = (answer.body as Record<string, unknown>[])[0];
  if (expected['payload']) expect(answer.body).toEqual(expected['payload']);
  if (expected['keyOrder']) expect(Object.keys(item ?? {})).toEqual(expected['keyOrder']);
  if (!expected['item']) return;
  if (input['encoding'] === 'none') return expect(item).toEqual(expected['item']);
  expect(item?.['payload']).toBeNull();
  expect(gunzipSync(Buffer.from(String(item?.['payloadBytes']), 'base64')).toString()).toBe(input['content']);
});

/** Tasks whose work ends as the returned promise does. */
function oneTask(operation = 'upload logs') {
  const work = Promise.withResolvers<void>();
  const kind = { method: 'Upload', operation, work: () => work.promise };
  const { tasks } = tasksIn(newFolder(), [kind]);
  const start = () => tasks.start({ method: 'Upload', request: {}, timeoutSecs: 60 });
  return { tasks, work, start };
}

/** Until the end of a task's work has been taken note of. */
const noted = () => new Promise((resolve) => setTimeout(resolve, 5));

afterAll(removeFolders);

test.each(vectorsOf('taskStatus'))('$id $name', async ({ input, expected }) => {
  const { tasks, work, start } = oneTask(input['operation'] as string | undefined);
  if (input['generate']) {
    expect((await start()).correlationId).toMatch(new RegExp(String(expected['regex'])));
  } else if (input['query']) {
    expect(tasks.status(String(input['query']))).toEqual(expected['payload']);
  } else if (input['events']) {
    expect(await lifecycle(input['events'] as string[])).toEqual(expected['statuses']);
  } else {
    // The body: edgeAgent's three keys come first and in order; what follows is ours.
    const { correlationId } = await start();
    const status = String(input['status']);
    if (status === 'Completed') work.resolve();
    if (status === 'Failed') work.reject(input['error']);
    await noted();
    const view = tasks.status(correlationId);
    expect(Object.entries(view).slice(0, 3)).toEqual(
      Object.entries({ ...(expected['payload'] as object), correlationId }),
    );
  }
  work.resolve();
  await tasks.stop(100);
});

/** The status after each event of `start`, `query` and `finish …`, as the vectors count them: start and queries. */
async function lifecycle(events: readonly string[]): Promise<string[]> {
  const { tasks, work, start } = oneTask();
  const statuses: string[] = [];
  let id = '';
  for (const event of events) {
    if (event === 'start') {
      const view = await start();
      id = view.correlationId;
      statuses.push(view.status);
    }
    if (event === 'query') statuses.push(tasks.status(id).status);
    if (event === 'finish ok') work.resolve();
    if (event === 'finish error') work.reject(new Error('boom'));
    if (event === 'finish cancelled') work.reject(new DOMException('timeout', 'AbortError'));
    await noted();
  }
  await tasks.stop(100);
  return statuses;
}

test.each(vectorsOf('blob'))('$id $name', ({ input, expected }) => {
  const format = { contentType: input['contentType'] as 'json', encoding: input['encoding'] as 'none' };
  const env = { iothubHostname: String(input['iothub']), deviceId: String(input['device']) };
  const now = new Date(String(input['utcNow']));
  expect(blobName(env, String(input['module']), blobExtension(format), now)).toBe(expected['name']);
  const { contentType, contentEncoding = null } = blobHeaders(format);
  expect({ contentTypeHeader: contentType, contentEncodingHeader: contentEncoding }).toEqual({
    contentTypeHeader: expected['contentTypeHeader'],
    contentEncodingHeader: expected['contentEncodingHeader'],
  });
  expect(expected['blobType']).toBe('BlockBlob');
});

test.each(vectorsOf('sasUrl'))('$id $name', ({ input, expected }) => {
  const env = input['env'] as Record<string, string>;
  // Our parent is IOTEDGE_PARENTHOSTNAME; edgeAgent has its parent in IOTEDGE_GATEWAYHOSTNAME.
  expect(rewriteUpstream(String(input['sasUrl']), env['IOTEDGE_GATEWAYHOSTNAME'])).toBe(expected['result']);
});

test('a failed task says which operation failed and why, in edgeAgent’s words', () => {
  expect(failureMessage('upload logs', new Error('boom'))).toBe('Task upload logs failed because of error boom');
  expect(failureMessage('upload logs', undefined)).toBe('Task upload logs failed with no error');
});

test('an unacceptable schema version is refused with 400 in edgeAgent’s words (schemaVersion-008, -011, -018)', () => {
  const version = (schemaVersion: string) => JSON.stringify({ schemaVersion, items: [] });
  expect(parse('GetModuleLogs', version('1'))).toMatchObject({
    status: 400,
    message: 'Invalid logs upload request schema version 1',
  });
  expect(parse('GetModuleLogs', version('3.4'))).toMatchObject({
    status: 400,
    message: 'The logs upload request schema version 3.4 is not compatible with the expected version 1.0',
  });
  expect(parse('RestartModule', JSON.stringify({ schemaVersion: '2.0', id: 'm' }))).toMatchObject({
    status: 400,
    message: 'The restart module request schema version 2.0 is not compatible with the expected version 1.0',
  });
});

test('a restart is answered with how the module was before and is after (restart-002)', async () => {
  const docker = memoryDocker({ m: { state: 'running', startedAt: 'before' } });
  const call = { name: 'RestartModule', payload: Buffer.from('{"schemaVersion":"1.0","id":"m"}') };
  expect(await dispatch(call, services({ docker }))).toEqual({
    status: 200,
    body: {
      id: 'm',
      before: { state: 'running', startedAt: 'before', restartCount: 0, health: 'none' },
      after: { state: 'running', startedAt: expect.not.stringMatching(/^before$/), restartCount: 0, health: 'none' },
    },
  });
  expect(docker.restarted).toEqual(['m']);
});

test('restarting an unknown module is a 404 and restarts nothing (restart-003, restart-004)', async () => {
  for (const id of ['mod3', 'MOD1']) {
    const docker = running('mod1');
    const call = { name: 'RestartModule', payload: Buffer.from(JSON.stringify({ schemaVersion: '1.0', id })) };
    expect(await dispatch(call, services({ docker }))).toEqual({
      status: 404,
      body: { message: `Module ${id} not found in the current environment` },
    });
    expect(docker.restarted).toEqual([]);
  }
});
