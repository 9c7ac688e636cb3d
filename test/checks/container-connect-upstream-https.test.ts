import { containerConnectUpstreamHttps } from '../../module/checks/container-connect-upstream-https.ts';
import type { Facts } from '../../module/facts/index.ts';
import {
  container,
  containers,
  dialled,
  environment,
  goodTls,
  options,
  refused,
  upstream,
} from './support/readings.ts';

const judge = (https: Facts['upstream']['dials']['https'], more: Parameters<typeof upstream>[0] = {}) =>
  containerConnectUpstreamHttps.judge(
    {
      environment: environment(),
      edgeContainers: containers(container('edgeAgent', { upstreamProtocol: 'AmqpWs' })),
      upstream: upstream({ ...more, dials: { ...more.dials, https } }),
    },
    options,
  );
const unverified = { ...goodTls, verified: false, problem: 'SELF_SIGNED_CERT_IN_CHAIN' };
const answer = { status: 401, askedAt: 0 };
const first = 'Container on the azure-iot-edge network could not connect to hub.example:443';

test('any answer over a verified handshake is ok', () => {
  expect(judge(dialled(443, { reached: 'http', http: answer }))).toMatchObject({
    status: 'ok',
    info: { upstream_port: 'Https', http_status: 401, proxy: null },
  });
});

test('a certificate that cannot be verified is an error which names its issuer', () => {
  expect(judge(dialled(443, { reached: 'http', http: answer, tls: unverified }))).toMatchObject({
    status: 'failed',
    details: [first, 'The certificate presented (issuer CN=Root) could not be verified: SELF_SIGNED_CERT_IN_CHAIN'],
    fix: expect.stringContaining('inspects TLS'),
  });
});

test('a connection without a handshake or an answer is an error', () => {
  expect(judge({ ...refused(443), reached: 'tcp', error: 'ECONNRESET' })).toMatchObject({
    status: 'failed',
    details: [first, 'ECONNRESET'],
    fix: expect.stringContaining('did not speak HTTPS'),
  });
  expect(judge(dialled(443, { error: 'no answer' }))).toMatchObject({
    status: 'failed',
    details: [first, 'no answer'],
  });
});

test('through a proxy: its address without the password, where it is set, and what goes without it', () => {
  const proxy = 'http://***@proxy:3128';
  const refusing = { ...refused(443), proxy, error: 'the proxy answered 407' };
  expect(
    judge(refusing, { proxy: { url: proxy, from: "edgeAgent's environment" }, dials: { httpsDirect: refused(443) } }),
  ).toMatchObject({
    status: 'failed',
    details: [first, 'the proxy answered 407'],
    fix: expect.stringContaining(`Let the proxy ${proxy} allow CONNECT`),
    info: {
      proxy,
      proxy_from: "edgeAgent's environment",
      without_proxy: { reached: 'nothing', error: 'connect ECONNREFUSED 10.0.0.1:443' },
    },
  });
});

describe('on a nested device', () => {
  test("edgeHub's own error code is wanted", () => {
    const asEdgeHub = { ...answer, errorCode: 'InvalidProtocolVersion' };
    expect(judge(dialled(443, { reached: 'http', http: asEdgeHub }), { nested: true }).status).toBe('ok');
    expect(judge(dialled(443, { reached: 'http', http: answer }), { nested: true })).toMatchObject({
      status: 'failed',
      details: [first, 'The answer (status 401) is not one of an edgeHub: iothub-errorcode is missing'],
    });
  });

  test('a failed handshake comes with the advice on the trust bundle', () => {
    const verdict = judge(dialled(443, { reached: 'http', http: answer, tls: unverified }), { nested: true });
    expect(verdict).toHaveProperty(
      ['details', 2],
      expect.stringMatching(/trust bundle.*openssl s_client -connect hub\.example:443/),
    );
  });
});
