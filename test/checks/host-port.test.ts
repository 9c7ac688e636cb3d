import { judgeHostPort } from '../../module/checks/host-port.ts';
import { checks } from '../../module/checks/index.ts';
import type { Readings } from '../../module/facts/index.ts';
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

const agent = (protocol?: string) =>
  containers(container('edgeAgent', protocol === undefined ? {} : { upstreamProtocol: protocol }));
const judge = (port: 'amqp' | 'https' | 'mqtt', hostUpstream: ReturnType<typeof upstream>, protocol?: string) =>
  judgeHostPort(port, { environment: environment(), edgeContainers: agent(protocol), hostUpstream });

test('a verified handshake is ok, and shows what was presented and verified against', () => {
  expect(judge('mqtt', upstream(), 'Mqtt')).toMatchObject({
    status: 'ok',
    info: { port_number: 8883, iothub_hostname: 'hub.example', trust_store: "the test's", tls: goodTls },
  });
});

test('F31: a port that does not answer is an error when UpstreamProtocol needs it', () => {
  const blocked = upstream({ dials: { amqp: { ...refused(5671), error: 'Connecting did not finish within 8 s.' } } });
  expect(judge('amqp', blocked, 'Amqp')).toMatchObject({
    status: 'failed',
    details: [
      'Could not connect to hub.example : could not complete TLS handshake',
      'Connecting did not finish within 8 s.',
    ],
    fix: expect.stringContaining('hub.example:5671'),
  });
  expect(judge('amqp', blocked, 'MqttWs')).toMatchObject({ status: 'warning', iotedgeCheck: 'error' });
});

test('F32: a certificate of a root that the host does not know is an error that names its issuer', () => {
  const tls = {
    ...goodTls,
    verified: false,
    problem: 'SELF_SIGNED_CERT_IN_CHAIN',
    chain: [{ ...goodTls.chain[0], issuer: 'CN=Corp Proxy' }],
  };
  const inspected = upstream({ dials: { https: dialled(443, { tls: tls as never, proxy: 'http://proxy:3128' }) } });
  expect(judge('https', inspected, 'MqttWs')).toMatchObject({
    status: 'failed',
    details: [expect.any(String), expect.stringContaining('CN=Corp Proxy')],
  });
});

test('a nested device is told how to look at its parent', () => {
  const parent = upstream({ nested: true, host: 'parent', dials: { https: { ...refused(443), host: 'parent' } } });
  const verdict = judge('https', parent, 'AmqpWs');
  expect('details' in verdict ? verdict.details.at(-1) : '').toContain("'curl https://parent'");
});

test('F62: the default bridge is judged by its own dials', () => {
  const byId = (id: string) =>
    checks
      .find((check) => check.id === id)
      ?.judge(
        {
          environment: environment(),
          edgeContainers: agent('Mqtt'),
          upstream: upstream({ dials: { mqtt: refused(8883) } }),
          bridgeUpstream: upstream(),
        } as unknown as Readings,
        options,
      );
  expect(byId('container-connect-upstream-mqtt')?.status).toBe('failed');
  expect(byId('container-default-connect-upstream-mqtt')).toMatchObject({
    status: 'ok',
    info: { network_name: 'default' },
  });
  expect(byId('container-default-connect-upstream-amqp')).toMatchObject({ status: 'skipped', reason: 'not-required' });
});
