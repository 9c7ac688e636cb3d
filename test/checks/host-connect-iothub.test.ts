import { hostConnectIothubAmqp } from '../../module/checks/host-connect-iothub-amqp.ts';
import { hostConnectIothubHttps } from '../../module/checks/host-connect-iothub-https.ts';
import { hostConnectIothubMqtt } from '../../module/checks/host-connect-iothub-mqtt.ts';
import { container, containers, dialled, goodTls, late, options, refused, seen, upstream } from './support/readings.ts';

const blocked = upstream({ dials: { amqp: refused(5671), https: refused(443), mqtt: refused(8883) } });
const using = (upstreamProtocol: string) => containers(container('edgeAgent', { upstreamProtocol }));
const all = [hostConnectIothubAmqp, hostConnectIothubHttps, hostConnectIothubMqtt] as const;

test('a verified handshake is ok on each port', () => {
  for (const [at, port] of [5671, 443, 8883].entries()) {
    expect(all[at]?.judge(seen({ hostUpstream: upstream() }), options)).toMatchObject({
      status: 'ok',
      info: { port_number: port, iothub_hostname: 'hub.example', proxy: null, trust_store: "the test's" },
    });
  }
});

// The original reports an error for each; what modules do not need is a warning of ours, except HTTPS: identityd uses it.
test.each([
  ['Amqp', ['failed', 'failed', 'warning']],
  ['AmqpWs', ['warning', 'failed', 'warning']],
  ['Mqtt', ['warning', 'failed', 'failed']],
  ['MqttWs', ['warning', 'failed', 'warning']],
])('with UpstreamProtocol %s and nothing open: %j', (protocol, expected) => {
  const facts = seen({ hostUpstream: blocked, edgeContainers: using(protocol) });
  const verdicts = all.map((check) => check.judge(facts, options));
  expect(verdicts.map(({ status }) => status)).toEqual(expected);
  expect(verdicts.map(({ iotedgeCheck }) => iotedgeCheck)).toEqual(
    expected.map((status) => (status === 'warning' ? 'error' : undefined)),
  );
});

test("a refused connection has the original's words, the cause and the rule to add", () => {
  expect(hostConnectIothubHttps.judge(seen({ hostUpstream: blocked }), options)).toMatchObject({
    status: 'failed',
    details: [
      'Could not connect to hub.example : could not complete TLS handshake',
      'connect ECONNREFUSED 10.0.0.1:443',
    ],
    fix: 'Add a firewall rule that allows outgoing TCP from the device to hub.example:443.',
  });
});

test('a certificate that is not verified is an error on every port, unlike in containers', () => {
  const tls = { ...goodTls, verified: false, problem: 'CERT_HAS_EXPIRED' };
  const expired = upstream({ dials: { mqtt: dialled(8883, { tls }) } });
  expect(
    hostConnectIothubMqtt.judge(seen({ hostUpstream: expired, edgeContainers: using('Mqtt') }), options),
  ).toMatchObject({
    status: 'failed',
    details: [expect.any(String), 'The certificate presented (issuer CN=Root) could not be verified: CERT_HAS_EXPIRED'],
    fix: expect.stringContaining('host-local-time'),
  });
});

test('on a nested device the hint of the original comes first', () => {
  const nested = upstream({
    nested: true,
    host: 'parent.lan',
    dials: { https: { ...refused(443), host: 'parent.lan' } },
  });
  expect(hostConnectIothubHttps.judge(seen({ hostUpstream: nested }), options)).toMatchObject({
    status: 'failed',
    details: [
      expect.stringContaining("Make sure the parent device is reachable using 'curl https://parenthostname'"),
      'Could not connect to parent.lan : could not complete TLS handshake',
      expect.any(String),
    ],
  });
});

test('a host that cannot be seen is a skip', () => {
  expect(hostConnectIothubAmqp.judge(seen({}), options)).toMatchObject({
    status: 'skipped',
    reason: 'docker-unavailable',
  });
  expect(hostConnectIothubAmqp.judge(seen({ hostUpstream: late }), options)).toMatchObject({ reason: 'deadline' });
});
