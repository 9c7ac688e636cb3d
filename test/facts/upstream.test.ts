import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../../module/config/environment.ts';
import type { Docker } from '../../module/docker/docker.ts';
import type { Targets } from '../../module/facts/fact.ts';
import { readFacts } from '../../module/facts/index.ts';
import type { UpstreamReading } from '../../module/facts/upstream.ts';
import { createPki, type Pki } from '../../sim/pki.ts';
import { closedPort, httpsServer, listening, proxyServer, type Running, silentServer } from './support/servers.ts';
import { dockerWith, dockerWithAgent, worldWith } from './support/world.ts';

let pki: Pki;
let closed: number;

beforeAll(async () => {
  pki = await createPki();
  closed = await closedPort();
});

interface Asked {
  readonly https: Running | number;
  readonly amqp?: Running;
  readonly env?: Partial<Environment>;
  readonly docker?: Docker;
  readonly trust?: Targets['trust'] | null;
  readonly limitMs?: number;
}

const portOf = (server: Running | number | undefined) =>
  typeof server === 'number' ? server : (server?.port ?? closed);

async function read({ https, amqp, env, docker, trust, limitMs }: Asked): Promise<UpstreamReading> {
  const ports = { amqp: portOf(amqp), https: portOf(https), mqtt: closed };
  const given = trust === undefined ? { from: "the test's root", ca: [pki.rootCertificate] } : trust;
  const world = worldWith({
    docker: docker ?? dockerWith(),
    env: env ?? {},
    targets: { ports, ...(given ? { trust: given } : {}) },
  });
  const { upstream } = await readFacts(['upstream'], world, limitMs === undefined ? {} : { limitMs });
  if (!('value' in upstream)) throw new Error(upstream.why);
  return upstream.value;
}

test('a good server: verified, answered, with its certificate, its date and how long it took', async () => {
  await using hub = await httpsServer(await pki.server(['hub.example', '127.0.0.1']));
  const { dials, trustStore, host, nested, lookup } = await read({ https: hub, amqp: hub });

  expect({ host, nested, trustStore, lookup }).toMatchObject({
    host: '127.0.0.1',
    nested: false,
    trustStore: "the test's root",
    lookup: { addresses: ['127.0.0.1'] },
  });
  expect(dials.https).toMatchObject({
    reached: 'http',
    address: '127.0.0.1',
    tls: { verified: true, protocol: 'TLSv1.3' },
    http: { status: 400, errorCode: 'InvalidProtocolVersion' },
  });
  expect(dials.https.tls?.publicRoot).toBe(false);
  expect(dials.webSocket).toMatchObject({ reached: 'http', http: { status: 101 } });
  expect(dials.https.tls?.chain[0]).toMatchObject({ subject: expect.stringContaining('CN=hub.example') });
  expect(Date.parse(dials.https.tls?.chain[0]?.notAfter ?? '')).toBeGreaterThan(Date.now());
  expect(Math.abs((dials.https.http?.date ?? 0) - (dials.https.http?.askedAt ?? 0))).toBeLessThan(5000);
  expect(dials.amqp).toMatchObject({ reached: 'tls' });
  expect(dials.amqp.http).toBeUndefined();
  expect(dials.mqtt).toMatchObject({ reached: 'nothing', error: expect.stringContaining('ECONNREFUSED') });
});

test('an unknown root, an expired certificate and a wrong name are handshakes that were not verified', async () => {
  await using unknownRoot = await httpsServer(await (await createPki()).server(['127.0.0.1']));
  const expiredAt = { notBefore: new Date(Date.now() - 9e8), notAfter: new Date(Date.now() - 1e8) };
  await using expired = await httpsServer(await pki.server(['127.0.0.1'], expiredAt));
  await using wrongName = await httpsServer(await pki.server(['other.example']));

  const problems = [];
  for (const https of [unknownRoot, expired, wrongName]) {
    const { reached, tls } = (await read({ https })).dials.https;
    problems.push([reached, tls?.verified, tls?.problem]);
  }
  expect(problems).toEqual([
    ['http', false, expect.stringMatching(/SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_(GET_ISSUER|VERIFY)/)],
    ['http', false, 'CERT_HAS_EXPIRED'],
    ['http', false, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ]);
});

test('what takes the connection and then says nothing, or something else, is named', async () => {
  await using silent = await silentServer();
  const started = performance.now();
  const { dials } = await read({ https: silent, limitMs: 1000 });
  expect(dials.https).toMatchObject({
    reached: 'tcp',
    error: expect.stringMatching(/^The TLS handshake with 127\.0\.0\.1:\d+ did not finish within \d{3} ms$/),
  });
  expect(performance.now() - started).toBeLessThan(1000);

  await using plain = await listening(createServer((_, response) => response.end()));
  expect((await read({ https: plain })).dials.https).toMatchObject({ reached: 'tcp', error: expect.any(String) });
});

test('a name that does not resolve is the error of every dial', async () => {
  const { lookup, dials } = await read({ https: closed, env: { iothubHostname: 'hub.invalid' } });
  expect(lookup).toMatchObject({ error: expect.stringContaining('hub.invalid') });
  expect(dials.https).toMatchObject({ reached: 'nothing', error: expect.stringContaining('hub.invalid') });
});

test('without a name there is nothing to dial', async () => {
  const { upstream } = await readFacts(['upstream'], worldWith({ env: { iothubHostname: '' } }));
  expect(upstream).toMatchObject({ unavailable: 'unknown', why: expect.stringContaining('IOTEDGE_IOTHUBHOSTNAME') });
});

describe('through a proxy', () => {
  const secret = 'hunter2-of-the-proxy';

  test('443 goes through CONNECT with its user, and no password is in the reading', async () => {
    await using hub = await httpsServer(await pki.server(['127.0.0.1']));
    await using proxy = await proxyServer({ user: `edge:${secret}` });
    const httpsProxy = `http://edge:${secret}@127.0.0.1:${proxy.port}`;
    const found = await read({ https: hub, amqp: hub, env: { httpsProxy } });

    const authorization = `Basic ${Buffer.from(`edge:${secret}`).toString('base64')}`;
    expect(new Set(proxy.asked)).toEqual(new Set([`127.0.0.1:${hub.port} ${authorization}`]));
    expect(found.dials.webSocket).toMatchObject({ reached: 'http', http: { status: 101 } });
    expect(found.dials.https).toMatchObject({ reached: 'http', tls: { verified: true } });
    expect(found.proxy).toEqual({ url: `http://***@127.0.0.1:${proxy.port}`, from: "this module's environment" });
    expect(found.dials.httpsDirect).toMatchObject({ reached: 'http' });
    expect(found.dials.amqp.proxy).toBeUndefined();
    expect(JSON.stringify(found)).not.toContain(secret);
  });

  test("edgeAgent's proxy is used when this module has none, and its refusal is named without the password", async () => {
    await using hub = await httpsServer(await pki.server(['127.0.0.1']));
    await using proxy = await proxyServer({ user: 'edge:another' });
    const docker = dockerWithAgent(['PATH=/bin', `HTTPS_PROXY=http://edge:${secret}@127.0.0.1:${proxy.port}`]);
    const found = await read({ https: hub, docker });

    expect(found.proxy?.from).toBe("edgeAgent's environment");
    expect(found.dials.https).toMatchObject({
      reached: 'nothing',
      error: expect.stringContaining('answered 407 Proxy Authentication Required to CONNECT'),
    });
    expect(JSON.stringify(found)).not.toContain(secret);
  });

  test('the proxy is asked for the name, so the name need not resolve here', async () => {
    await using hub = await httpsServer(await pki.server(['hub.invalid']));
    await using proxy = await proxyServer();
    const env = { iothubHostname: 'hub.invalid', httpsProxy: `127.0.0.1:${proxy.port}` };
    const { dials } = await read({ https: hub, env });
    expect(new Set(proxy.asked)).toEqual(new Set([`hub.invalid:${hub.port} -`]));
    expect(dials.https).toMatchObject({ reached: 'http', tls: { verified: true } });
  });

  test('a proxy that is itself reached over TLS', async () => {
    await using hub = await httpsServer(await pki.server(['127.0.0.1']));
    await using proxy = await proxyServer({ user: `edge:${secret}`, tls: await pki.server(['127.0.0.1']) });
    const found = await read({ https: hub, env: { httpsProxy: `https://edge:${secret}@127.0.0.1:${proxy.port}` } });
    expect(found.dials.https).toMatchObject({ reached: 'http', tls: { verified: true } });
  });

  test('no_proxy exempts the upstream', async () => {
    await using hub = await httpsServer(await pki.server(['127.0.0.1']));
    await using proxy = await proxyServer();
    const found = await read({
      https: hub,
      env: { httpsProxy: `http://127.0.0.1:${proxy.port}`, noProxy: '127.0.0.1' },
    });
    expect(proxy.asked).toEqual([]);
    expect(found.proxy).toBeUndefined();
    expect(found.dials.https.reached).toBe('http');
  });
});

describe('on a nested device', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'edge-support-workload-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  test('the parent is dialled and verified against the trust bundle of the workload API', async () => {
    await using parent = await httpsServer(await pki.server(['127.0.0.1']));
    const workload = createServer((request, response) => {
      response.statusCode = request.url?.startsWith('/trust-bundle?api-version=') ? 200 : 404;
      response.end(JSON.stringify({ certificate: pki.rootCertificate }));
    }).listen(join(folder, 'workload.sock'));
    await once(workload, 'listening');
    const nested = { iothubHostname: 'hub.invalid', parentHostname: '127.0.0.1' };

    const workloadUri = `unix://${folder}/workload.sock`;
    const found = await read({ https: parent, env: { ...nested, workloadUri }, trust: null });
    workload.close();
    expect(found).toMatchObject({ host: '127.0.0.1', nested: true });
    expect(found.trustStore).toContain("and the workload API's trust bundle");
    expect(found.dials.https.tls).toMatchObject({ verified: true });

    const without = await read({
      https: parent,
      env: { ...nested, workloadUri: `unix://${folder}/gone.sock` },
      trust: null,
    });
    expect(without.trustStore).toContain('could not be read');
    expect(without.dials.https.tls).toMatchObject({ verified: false });
  });
});
