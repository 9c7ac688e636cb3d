import https from 'node:https';
import net from 'node:net';
import { createSelfCall, type Hearing } from '../../module/hub/self-call.ts';
import { createPki } from '../../sim/pki.ts';

const host = '127.77.35.2';
const never = new AbortController().signal;

/** What is made of an edgeHub that answers a call with this status and body, or not at all. */
async function hearingOf(status: number | undefined, body: unknown, limitMs = 2000): Promise<Hearing> {
  const pki = await createPki();
  const certificate = await pki.server([host]);
  const server = https.createServer({ key: certificate.privateKey, cert: certificate.chain }, (_, response) => {
    if (status === undefined) return;
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((done) => server.listen(0, host, done));
  try {
    return await call({ ca: pki.rootCertificate, port: (server.address() as net.AddressInfo).port, limitMs }).call(
      never,
    );
  } finally {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
}

function call(more: { ca?: string; port: number; limitMs: number }) {
  return createSelfCall({ hostname: host, deviceId: 'd', moduleId: 'm', token: 'token', ca: undefined, ...more });
}

test.each([
  ['the words of edgeHub', 404, { message: 'Client d/m not found' }, 'deaf'],
  ['the number of IoT Hub', 404, { message: '404103' }, 'deaf'],
  ['no answer in time, says edgeHub', 504, {}, 'deaf'],
  ['an answer by somebody else', 200, { status: 200, payload: null }, 'deaf'],
  ['no such page', 404, '<html>Not Found</html>', 'not-offered'],
  ['not allowed', 403, { message: 'forbidden' }, 'not-offered'],
  ['no credentials', 401, { message: 'Unauthorized' }, 'not-offered'],
  ['a fault of edgeHub', 500, { message: 'oops' }, 'not-offered'],
] as const)('%s: %i %j is %s', async (_, status, body, outcome) => {
  expect((await hearingOf(status, body)).outcome).toBe(outcome);
});

test('a call that was taken and never arrives is deafness, within the limit', async () => {
  const started = performance.now();
  expect(await hearingOf(undefined, '', 300)).toEqual({
    outcome: 'deaf',
    why: 'a call of our own did not arrive in time',
  });
  expect(performance.now() - started).toBeLessThan(1500);
});

test('where nobody listens, or a dial gets no answer, it says nothing of our hearing', async () => {
  expect(await call({ port: 1, limitMs: 500 }).call(never)).toMatchObject({ outcome: 'not-offered' });
  const silent = net.createServer((socket) => void socket.resume().on('error', () => undefined));
  await new Promise<void>((done) => silent.listen(0, host, done));
  const { port } = silent.address() as net.AddressInfo;
  expect(await call({ port, limitMs: 200 }).call(never)).toEqual({
    outcome: 'not-offered',
    why: 'no connection in time',
  });
  await new Promise((done) => silent.close(done));
});

test('it ends with its connection', async () => {
  const reason = new Error('lost');
  await expect(call({ port: 1, limitMs: 500 }).call(AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("only a call with a nonce that was sent is one of its own; others' Pings are not", () => {
  const self = call({ port: 1, limitMs: 100 });
  for (const payload of [undefined, 'null', '{}', '{"nonce":"guessed"}', 'no JSON', '1'.repeat(1000)])
    expect(self.recognise({ name: 'Ping', payload: payload === undefined ? payload : Buffer.from(payload) })).toBe(
      false,
    );
});
