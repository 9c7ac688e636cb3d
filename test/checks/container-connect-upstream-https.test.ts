import { containerConnectUpstreamHttps } from '../../module/checks/container-connect-upstream-https.ts';
import type { Facts } from '../../module/facts/index.ts';
import { container, containers, dialled, goodTls, options, refused, seen, upstream } from './support/readings.ts';

const judge = (https: Facts['upstream']['dials']['https'], more: Parameters<typeof upstream>[0] = {}) =>
  containerConnectUpstreamHttps.judge(
    seen({
      edgeContainers: containers(container('edgeAgent', { upstreamProtocol: 'AmqpWs' })),
      upstream: upstream({ ...more, dials: { ...more.dials, https } }),
    }),
    options,
  );
const unverified = { ...goodTls, publicRoot: false, verified: false, problem: 'SELF_SIGNED_CERT_IN_CHAIN' };
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
    fix: expect.stringContaining('Add the root of the issuer CN=Root'),
  });
});

test('a connection without a handshake or an answer is an error', () => {
  expect(judge({ ...refused(443), reached: 'tcp', error: 'ECONNRESET' })).toMatchObject({
    status: 'failed',
    details: [first, 'ECONNRESET'],
    fix: expect.stringContaining('did not speak TLS'),
  });
  expect(judge(dialled(443, { error: 'no answer' }))).toMatchObject({
    status: 'failed',
    details: [first, 'no answer'],
  });
});

test('through a proxy: its address without the password, where it is set, and what goes without it', () => {
  const proxy = 'http://***@proxy:3128';
  const refusing = { ...refused(443), proxy, error: 'the proxy answered 407', proxyStatus: 407 };
  expect(
    judge(refusing, { proxy: { url: proxy, from: "edgeAgent's environment" }, dials: { httpsDirect: refused(443) } }),
  ).toMatchObject({
    status: 'failed',
    details: [first, 'the proxy answered 407'],
    fix: expect.stringContaining(`the user and password that the proxy ${proxy} expects`),
    info: {
      proxy,
      proxy_from: "edgeAgent's environment",
      without_proxy: { reached: 'nothing', error: 'connect ECONNREFUSED 10.0.0.1:443' },
    },
  });
});

test('what the proxy is to do depends on how it refused', () => {
  const proxy = 'http://proxy:3128';
  const fixes = [403, undefined].map((proxyStatus) => {
    const verdict = judge({ ...refused(443), proxy, ...(proxyStatus ? { proxyStatus } : {}) });
    return 'fix' in verdict && verdict.fix;
  });
  expect(fixes).toEqual([
    `Let the proxy ${proxy} allow CONNECT to hub.example:443.`,
    expect.stringContaining(`Check the address of the proxy ${proxy}`),
  ]);
});

test('a WebSocket that is not opened is an error of ours where modules use one', () => {
  const https = dialled(443, { reached: 'http', http: answer });
  const webSocket = dialled(443, { reached: 'http', http: answer });
  expect(judge(https, { dials: { webSocket } })).toMatchObject({
    status: 'failed',
    details: [
      'Container on the azure-iot-edge network cannot open a WebSocket to hub.example:443',
      'The request to upgrade the connection was answered with status 401 instead of 101.',
    ],
    fix: expect.stringContaining('pass WebSocket upgrades to hub.example:443'),
    iotedgeCheck: 'ok',
    info: { web_socket: { http_status: 401 } },
  });
  const withoutSetting = seen({ upstream: upstream({ dials: { https, webSocket } }) });
  expect(containerConnectUpstreamHttps.judge(withoutSetting, options).status).toBe('ok');
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
