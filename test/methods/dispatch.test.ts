import { SupportError } from '../../module/base/errors.ts';
import { integer, record } from '../../module/config/values.ts';
import { dispatch } from '../../module/methods/index.ts';
import { defineMethod } from '../../module/methods/method.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

const method = (handle: () => Promise<object | null>, name = 'Try') =>
  defineMethod({ name, about: '', request: record({ n: integer() }), handle });

const call = (payload: string | undefined = '{"n":1}', name = 'Try') => ({
  name,
  payload: payload === undefined ? undefined : Buffer.from(payload),
});

const parts = (variables: Record<string, string> = {}) => services({ docker: memoryDocker({}), variables });

test('a fault of ours is a 500 without internals; the stack is in the log', async () => {
  const own = parts();
  const failing = method(async () => {
    throw new TypeError('cannot read x of undefined');
  });
  const answer = await dispatch(call(), own, [failing]);
  expect(answer).toEqual({ status: 500, body: { message: 'Internal error. The log of this module has the details.' } });
  expect(own.log.lines.find((line) => line.startsWith('error'))).toContain('cannot read x of undefined');
});

test('a handler that never answers is given up after the time of the setting', async () => {
  const hanging = method(() => new Promise(() => undefined));
  const answer = await dispatch(call(), parts({ EDGE_SUPPORT_METHOD_TIMEOUT_SECS: '1' }), [hanging]);
  expect(answer).toEqual({ status: 504, body: { message: 'Try did not finish within 1 s.' } });
});

test('every call leaves one audit line with method, status and outcome, and never the payload', async () => {
  const own = parts();
  await dispatch(call('{"n":1,"sasUrl":"https://h/c?sig=c2VjcmV0c2VjcmV0c2Vj"}'), own, [method(async () => null)]);
  await dispatch(call('{"n":"x"}'), own, [method(async () => null)]);
  await dispatch(call('{}', 'Nonsense\nforged'), own, [method(async () => null)]);
  const audit = own.log.lines.filter((line) => line.includes('[Audit]'));
  expect(audit).toHaveLength(3);
  expect(audit[0]).toMatch(/method=Try status=200 seconds=[0-9.]+ outcome=ok$/);
  expect(audit[1]).toMatch(/method=Try status=400 .*outcome=refused/);
  expect(audit[2]).toMatch(/method=unknown status=400/);
  expect(own.log.lines.join()).not.toContain('c2VjcmV0c2VjcmV0');
});

test('an answer that IoT Hub would not carry is refused with its size', async () => {
  const large = method(async () => ({ text: 'x'.repeat(140_000) }));
  const { status, body } = await dispatch(call(), parts(), [large]);
  expect(status).toBe(400);
  expect((body as { message: string }).message).toBe(
    'The answer has 140011 bytes; a direct method carries at most 131072.',
  );
});

test('a method that the owner does not allow is a 403, before its payload is looked at', async () => {
  const { status, body } = await dispatch(call('no json'), parts({ EDGE_SUPPORT_ALLOWED_METHODS: 'Ping' }), [
    method(async () => null),
  ]);
  expect(status).toBe(403);
  expect((body as { message: string }).message).toContain('policy.allowedMethods');
});

test('answers and refusals are redacted on the way out', async () => {
  const url = 'https://user:hunter2@proxy.example/';
  const telling = method(async () => ({ url }));
  const refusing = method(async () => {
    throw new SupportError('unavailable', `cannot reach ${url}`);
  });
  for (const one of [telling, refusing]) {
    expect(JSON.stringify(await dispatch(call(), parts(), [one]))).not.toContain('hunter2');
  }
});

test.each([
  ['{"n":1', /the payload is not valid JSON/],
  ['[]', /the payload must be a JSON object, got \[\]/],
  ['{"n":{}}', /n must be an integer, got \{\}/],
  ['{"n":1.2e99}', /n must be an integer from -2147483648 to 2147483647/],
])('%s is refused with a sentence that names what is wrong', async (payload, message) => {
  const { status, body } = await dispatch(call(payload), parts(), [method(async () => null)]);
  expect(status).toBe(400);
  expect((body as { message: string }).message).toMatch(message);
});

test('a trailing comma is tolerated, as edgeAgent does, and one within a string is kept', async () => {
  let seen: unknown;
  const keeping = defineMethod({
    name: 'Try',
    about: '',
    request: record({ n: integer() }),
    handle: async ({ request }) => {
      seen = request;
      return null;
    },
  });
  expect((await dispatch(call('{"n":1,}'), parts(), [keeping])).status).toBe(200);
  expect(seen).toEqual({ n: 1 });
});

test('a payload made to be slow is refused at once', async () => {
  const started = performance.now();
  const { status } = await dispatch(call(`"${'\\"'.repeat(63_000)}`), parts(), [method(async () => null)]);
  expect(status).toBe(400);
  expect(performance.now() - started).toBeLessThan(1000);
});

test('a refusal that quotes what came fits into an answer and a log line', async () => {
  const own = parts();
  const quoting = method(async () => {
    throw new SupportError('not-found', `Module ${'"'.repeat(100_000)} not found`);
  });
  const { body } = await dispatch(call(), own, [quoting]);
  expect(JSON.stringify(body).length).toBeLessThan(20_000);
  expect(Math.max(...own.log.lines.map((line) => line.length))).toBeLessThan(20_000);
});

test('an answer is measured as it leaves, after redaction', async () => {
  const urls = Array.from({ length: 4500 }, () => 'ws://a:b@c.example/abcdef');
  expect(JSON.stringify(urls).length).toBeLessThan(128 * 1024);
  expect((await dispatch(call(), parts(), [method(async () => urls)])).status).toBe(400);
});

test('the refusal of what is no JSON quotes nothing of it', async () => {
  const { body } = await dispatch(call('{"sasUrl":"https://h/c?sig=c2VjcmV0c2VjcmV0"x}'), parts(), [
    method(async () => null),
  ]);
  expect(JSON.stringify(body)).not.toContain('c2Vj');
  const { body: short } = await dispatch(call('secret'), parts(), [method(async () => null)]);
  expect(JSON.stringify(short)).not.toContain('secret');
});

test('a number for a name is the name as it was written', async () => {
  const payload = Buffer.from('{"schemaVersion":1.0,"correlationId":5}');
  const answer = await dispatch({ name: 'GetTaskStatus', payload }, services({ docker: memoryDocker({}) }));
  expect(answer).toMatchObject({ status: 200, body: { correlationId: '5' } });
});

test('a slip of a field’s name is refused with the name that was meant; other unknown names are ignored', async () => {
  const own = defineMethod({
    name: 'Try',
    about: '',
    request: record({ dryRun: integer(), filter: record({ minLevel: integer() }) }),
    handle: async () => null,
  });
  const answer = (payload: object) => dispatch(call(JSON.stringify(payload)), parts(), [own]);
  const message = (field: string, meant: string) => ({
    status: 400,
    body: {
      message: `Error parsing command payload because of error - ${field} is not a field; did you mean ${meant}?`,
    },
  });
  const right = { dryRun: 1, filter: { minLevel: 1 } };
  expect((await answer({ ...right, extra: 1, DRYRUN: 1, id2: 1 })).status).toBe(200);
  expect(await answer({ ...right, dry_run: 1 })).toEqual(message('dry_run', 'dryRun'));
  expect(await answer({ ...right, filter: { minlvl: 1 } })).toEqual(message('filter.minlvl', 'minLevel'));
});
