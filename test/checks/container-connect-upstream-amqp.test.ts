import { containerConnectUpstreamAmqp } from '../../module/checks/container-connect-upstream-amqp.ts';
import type { Port } from '../../module/checks/upstream-port.ts';
import { judgeUpstreamPort } from '../../module/checks/upstream-port.ts';
import {
  container,
  containers,
  dialled,
  environment,
  goodTls,
  late,
  noEngine,
  options,
  refused,
  upstream,
} from './support/readings.ts';

const withProtocol = (upstreamProtocol?: string) =>
  containers(container('edgeAgent', upstreamProtocol === undefined ? {} : { upstreamProtocol }));
const blocked = upstream({ dials: { amqp: refused(5671), https: refused(443), mqtt: refused(8883) } });

test('a port that takes connections is ok, and the handshake is shown', () => {
  const facts = { environment: environment(), edgeContainers: withProtocol(), upstream: upstream() };
  expect(containerConnectUpstreamAmqp.judge(facts, options)).toMatchObject({
    status: 'ok',
    info: {
      upstream_port: 'Amqp',
      upstream_hostname: 'hub.example',
      network_name: 'azure-iot-edge',
      diagnostics_image_name: null,
      proxy: null,
      reached: 'tls',
      tls: { verified: true },
      trust_store: "the test's",
    },
  });
});

test('only TCP counts here, as in the original: a bad certificate shows in additional_info', () => {
  const amqp = dialled(5671, { tls: { ...goodTls, verified: false, problem: 'CERT_HAS_EXPIRED' } });
  const facts = { environment: environment(), edgeContainers: withProtocol(), upstream: upstream({ dials: { amqp } }) };
  expect(containerConnectUpstreamAmqp.judge(facts, options)).toMatchObject({
    status: 'ok',
    info: { tls: { verified: false, problem: 'CERT_HAS_EXPIRED' } },
  });
});

test('a refused connection is an error that names network and port', () => {
  const edgeContainers = containers(container('edgeAgent', { networks: ['my-edge'] }));
  expect(
    containerConnectUpstreamAmqp.judge({ environment: environment(), edgeContainers, upstream: blocked }, options),
  ).toMatchObject({
    status: 'failed',
    details: [
      'Container on the my-edge network could not connect to hub.example:5671',
      'connect ECONNREFUSED 10.0.0.1:5671',
    ],
  });
});

// The original's table, by edgeAgent's UpstreamProtocol. Where nothing can be reached, what is asked for is an error;
// what is asked for but not needed with WebSockets is a warning of ours.
const table: Readonly<Record<string, Readonly<Record<Port, 'failed' | 'warning' | 'skipped'>>>> = {
  Amqp: { amqp: 'failed', https: 'skipped', mqtt: 'skipped' },
  AmqpWs: { amqp: 'warning', https: 'failed', mqtt: 'warning' },
  Mqtt: { amqp: 'skipped', https: 'skipped', mqtt: 'failed' },
  MqttWs: { amqp: 'warning', https: 'failed', mqtt: 'warning' },
  unset: { amqp: 'failed', https: 'failed', mqtt: 'skipped' },
};

test.each(Object.entries(table))('UpstreamProtocol %s', (protocol, expected) => {
  const edgeContainers = withProtocol(protocol === 'unset' ? undefined : protocol);
  const facts = { environment: environment({ upstreamProtocol: 'ignored' }), edgeContainers, upstream: blocked };
  for (const [port, status] of Object.entries(expected) as [Port, string][]) {
    const verdict = judgeUpstreamPort(port, facts);
    expect([port, verdict.status]).toEqual([port, status]);
    if (verdict.status === 'skipped') {
      expect(verdict).toMatchObject({
        reason: 'not-required',
        why: expect.stringMatching(/^not required in this configuration/),
      });
    }
    if (verdict.status === 'warning') {
      expect(verdict).toMatchObject({ iotedgeCheck: 'error' });
      expect(verdict.details.at(-1)).toMatch(new RegExp(`is not needed for ${protocol}\\.$`));
    }
  }
});

test("without the engine this module's own environment tells the protocol, and the check still runs", () => {
  const facts = { environment: environment({ upstreamProtocol: 'Mqtt' }), edgeContainers: noEngine, upstream: blocked };
  expect(judgeUpstreamPort('amqp', facts).status).toBe('skipped');
  expect(judgeUpstreamPort('mqtt', facts)).toMatchObject({
    status: 'failed',
    details: ['Container on the azure-iot-edge network could not connect to hub.example:8883', expect.any(String)],
  });
});

test('a name that does not resolve is sent to DNS, not to the firewall', () => {
  const lookup = { error: 'ENOTFOUND hub.example', durationMs: 5 };
  const facts = {
    environment: environment(),
    edgeContainers: noEngine,
    upstream: upstream({ lookup, dials: { amqp: refused(5671) } }),
  };
  expect(judgeUpstreamPort('amqp', facts)).toMatchObject({
    status: 'failed',
    fix: expect.stringContaining('container-engine-dns'),
  });
});

test('a dial that was not done is a skip', () => {
  const facts = { environment: environment(), edgeContainers: noEngine, upstream: late };
  expect(judgeUpstreamPort('amqp', facts)).toMatchObject({ status: 'skipped', reason: 'deadline' });
});
