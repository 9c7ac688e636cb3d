import { createHmac, X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createRegistry } from '../../sim/hub/registry.ts';
import { createPki, type Pki } from '../../sim/pki.ts';
import { startWorkload, type Workload } from '../../sim/workload.ts';

const VERSION = 'api-version=2018-06-28';

const registry = createRegistry();
let folder: string;
let pki: Pki;
let workload: Workload;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sim-workload-'));
  pki = await createPki();
});

beforeEach(async () => {
  workload = await startWorkload({
    socketPath: path.join(folder, 'workload.sock'),
    pki,
    hub: registry,
    modules: async () => [{ id: 'id', name: 'edgeAgent' }],
  });
});

afterEach(async () => {
  await workload.stop();
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

type Answer = { readonly status: number; readonly body: Record<string, unknown> };

function ask(method: string, route: string, body?: unknown, target: http.RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const where = target.port === undefined ? { socketPath: workload.uri.slice('unix://'.length) } : target;
    const sent = http.request({ ...where, method, path: route, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
    sent.on('error', reject);
    sent.end(body === undefined || typeof body === 'string' ? body : JSON.stringify(body));
  });
}

const sign = (module: string, body?: unknown) => ask('POST', `/modules/${module}/genid/1/sign?${VERSION}`, body);

test('the trust bundle is the root', async () => {
  expect(await ask('GET', `/trust-bundle?${VERSION}`)).toEqual({
    status: 200,
    body: { certificate: pki.rootCertificate },
  });
  expect(await ask('GET', `/manifest-trust-bundle?${VERSION}`)).toEqual({ status: 200, body: { certificate: '' } });
});

test('sign answers HMAC-SHA256 with the key of the module, whose name may be encoded', async () => {
  const data = Buffer.from('hub%2Fdevices%2Fd\n1700000000');
  const answer = await sign('%24edgeAgent', { keyId: 'primary', algo: 'HMACSHA256', data: data.toString('base64') });
  const key = Buffer.from(registry.register('$edgeAgent').key, 'base64');
  expect(answer).toEqual({ status: 200, body: { digest: createHmac('sha256', key).update(data).digest('base64') } });
});

test.each([
  ['no body', undefined, 400, 'missing parameter: request body'],
  ['bad base64', { data: '%' }, 400, 'invalid parameter: data'],
  ['no data', {}, 400, 'invalid parameter: data'],
  ['bad JSON', '{', 422, expect.any(String)],
])('sign with %s is refused', async (_, body, status, message) => {
  expect(await sign('m', body)).toEqual({ status, body: { message } });
});

test.each([
  ['GET', '/modules', 400, 'api-version not specified'],
  ['GET', '/modules?api-version=2021-05-11', 400, 'invalid api-version "2021-05-11"'],
  ['GET', `/nothing?${VERSION}`, 404, 'not found'],
  ['DELETE', `/trust-bundle?${VERSION}`, 400, 'method not allowed'],
])('%s %s is %d', async (method, route, status, message) => {
  expect(await ask(method, route)).toEqual({ status, body: { message } });
});

test('modules are listed', async () => {
  expect(await ask('GET', '/modules?api-version=2022-08-03')).toEqual({
    status: 200,
    body: { modules: [{ id: 'id', name: 'edgeAgent' }] },
  });
});

test('what was encrypted is decrypted, by the same module only', async () => {
  const initializationVector = Buffer.from('0123456789ab').toString('base64');
  const plaintext = Buffer.from('secret').toString('base64');
  const at = (verb: string, module = 'm') => `/modules/${module}/genid/1/${verb}?${VERSION}`;
  const { body } = await ask('POST', at('encrypt'), { plaintext, initializationVector });
  const sealed = { ciphertext: body.ciphertext, initializationVector };
  expect(await ask('POST', at('decrypt'), sealed)).toEqual({ status: 200, body: { plaintext } });
  expect((await ask('POST', at('decrypt', 'other'), sealed)).status).toBe(500);
  expect(await ask('POST', at('encrypt'))).toEqual({ status: 400, body: { message: 'missing request body' } });
});

test('certificates come with 201, key and chain as PEM text, and an expiry', async () => {
  const server = await ask('POST', `/modules/edgeHub/genid/1/certificate/server?${VERSION}`, {
    commonName: '10.0.0.1',
  });
  expect(server).toMatchObject({
    status: 201,
    body: {
      privateKey: { type: 'key', bytes: expect.stringMatching(/^-----BEGIN PRIVATE KEY-----/) },
      expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/),
    },
  });
  const certificate = new X509Certificate(server.body.certificate as string);
  expect(certificate.subjectAltName).toBe('IP Address:10.0.0.1, DNS:edgehub');
  expect(certificate.verify(new X509Certificate(pki.edgeCa.certificate).publicKey)).toBe(true);
  const identity = await ask('POST', `/modules/m/certificate/identity?${VERSION}`);
  expect(new X509Certificate(identity.body.certificate as string).keyUsage).toEqual(['1.3.6.1.5.5.7.3.2']);
});

test('it listens on TCP as well', async () => {
  const tcp = await startWorkload({ listen: { host: '127.0.0.1', port: 0 }, pki, hub: registry });
  try {
    const { protocol, hostname, port } = new URL(tcp.uri);
    expect(protocol).toBe('http:');
    expect((await ask('GET', `/modules?${VERSION}`, undefined, { host: hostname, port })).body).toEqual({
      modules: [],
    });
  } finally {
    await tcp.stop();
  }
});

test('faults: refused, closed without answer, a status, a delay; and back', async () => {
  const look = () => ask('GET', `/modules?${VERSION}`);
  const broken = { code: expect.stringMatching(/ECONNRESET|EPIPE/) };
  workload.faults.refuse = true;
  await expect(look()).rejects.toMatchObject(broken);
  workload.faults.refuse = false;
  workload.faults.closeWithoutAnswer = true;
  await expect(look()).rejects.toMatchObject(broken);
  workload.faults.closeWithoutAnswer = false;
  workload.faults.status = 403;
  expect((await look()).status).toBe(403);
  workload.faults.status = undefined;
  workload.faults.delayMs = 300;
  const started = performance.now();
  expect((await look()).status).toBe(200);
  expect(performance.now() - started).toBeGreaterThan(280);
});

test('the eleventh request at a time is closed without an answer', async () => {
  workload.faults.delayMs = 500;
  const answers = await Promise.allSettled(Array.from({ length: 11 }, () => ask('GET', `/modules?${VERSION}`)));
  expect(answers.filter(({ status }) => status === 'rejected')).toHaveLength(1);
});

test('it stops at once although a connection is open', async () => {
  workload.faults.delayMs = 10_000;
  const open = ask('GET', `/modules?${VERSION}`);
  open.catch(() => undefined);
  await new Promise((done) => setTimeout(done, 100));
  await workload.stop();
  await expect(open).rejects.toMatchObject({ code: 'ECONNRESET' });
  workload = await startWorkload({ socketPath: path.join(folder, 'workload.sock'), pki, hub: registry });
});
