import { containerConnectUpstreamAmqp } from '../../module/checks/container-connect-upstream-amqp.ts';
import { judgeUpstreamPort } from '../../module/checks/upstream-port.ts';
import type { Port } from '../../module/checks/upstream-use.ts';
import {
  container,
  containers,
  dialled,
  environment,
  goodTls,
  late,
  options,
  refused,
  seen,
  upstream,
} from './support/readings.ts';

const withProtocol = (upstreamProtocol?: string) =>
  containers(container('edgeAgent', upstreamProtocol === undefined ? {} : { upstreamProtocol }));
const blocked = upstream({ dials: { amqp: refused(5671), https: refused(443), mqtt: refused(8883) } });

test('a port that takes connections is ok, and the handshake is shown', () => {
  const facts = seen({ edgeContainers: withProtocol() });
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
  const facts = seen({ edgeContainers: withProtocol(), upstream: upstream({ dials: { amqp } }) });
  expect(containerConnectUpstreamAmqp.judge(facts, options)).toMatchObject({
    status: 'ok',
    info: { tls: { verified: false, problem: 'CERT_HAS_EXPIRED' } },
  });
});

test('a refused connection is an error that names network and port', () => {
  const edgeContainers = containers(container('edgeAgent', { networks: ['my-edge'] }));
  expect(containerConnectUpstreamAmqp.judge(seen({ edgeContainers, upstream: blocked }), options)).toMatchObject({
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

const cases: Readonly<Record<string, string>> = { unset: 'F59: ', AmqpWs: 'F60: ', Mqtt: 'F61: ' };
const named = Object.entries(table).map(([protocol, expected]) => [cases[protocol] ?? '', protocol, expected] as const);
const ways = (expected: (typeof table)[string]) =>
  Object.entries(expected).flatMap(([port, status]) =>
    (['upstream', 'bridgeUpstream'] as const).map((from) => [port as Port, status, from] as const),
  );
const everywhere = (reading: Facts) => ({ upstream: reading, bridgeUpstream: reading, hostUpstream: reading });
type Facts = ReturnType<typeof upstream>;

test.each(named)('%sUpstreamProtocol %s', (_, protocol, expected) => {
  const edgeContainers = withProtocol(protocol === 'unset' ? undefined : protocol);
  const facts = seen({
    environment: environment({ upstreamProtocol: 'ignored' }),
    edgeContainers,
    ...everywhere(blocked),
  });
  for (const [port, status, from] of ways(expected)) {
    const verdict = judgeUpstreamPort(port, from, facts);
    expect([port, from, verdict.status]).toEqual([port, from, status]);
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
  const facts = seen({ environment: environment({ upstreamProtocol: 'Mqtt' }), upstream: blocked });
  expect(judgeUpstreamPort('amqp', 'upstream', facts).status).toBe('skipped');
  expect(judgeUpstreamPort('mqtt', 'upstream', facts)).toMatchObject({
    status: 'failed',
    details: ['Container on the azure-iot-edge network could not connect to hub.example:8883', expect.any(String)],
  });
});

test('a name that does not resolve is sent to DNS, not to the firewall', () => {
  const lookup = { error: 'ENOTFOUND hub.example', durationMs: 5 };
  const facts = seen({ upstream: upstream({ lookup, dials: { amqp: refused(5671) } }) });
  expect(judgeUpstreamPort('amqp', 'upstream', facts)).toMatchObject({
    status: 'failed',
    fix: expect.stringContaining('container-engine-dns'),
  });
});

test('a dial that was not done is a skip', () => {
  const facts = seen({ upstream: late });
  expect(judgeUpstreamPort('amqp', 'upstream', facts)).toMatchObject({ status: 'skipped', reason: 'deadline' });
});

test("a port that is shut for containers only is sent to the host's rules, not to the firewall outside", () => {
  const facts = seen({ upstream: blocked, bridgeUpstream: blocked, hostUpstream: upstream() });
  const verdict = judgeUpstreamPort('amqp', 'upstream', facts);
  expect(verdict).toMatchObject({
    status: 'failed',
    details: [expect.any(String), expect.any(String), 'From the host it works.'],
    fix: expect.stringContaining('FORWARD and DOCKER-USER'),
    info: { reached_from: { 'default bridge': 'nothing', host: 'tls' } },
  });
  expect(judgeUpstreamPort('amqp', 'upstream', seen({ upstream: blocked }))).toMatchObject({
    fix: expect.stringContaining('Add a firewall rule that allows outgoing TCP from the device to hub.example:5671'),
  });
});
