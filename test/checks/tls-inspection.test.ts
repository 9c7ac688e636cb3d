import { tlsInspection } from '../../module/checks/tls-inspection.ts';
import type { TlsReading } from '../../module/facts/certificates.ts';
import type { DialReading } from '../../module/facts/dial.ts';
import { container, containers, dialled, late, options, refused, seen, upstream } from './support/readings.ts';

const hub = 'edge-hub.azure-devices.net';
const corp = 'CN=Corp Proxy CA';
const tls = (more: Partial<TlsReading>): TlsReading => ({
  protocol: 'TLSv1.3',
  verified: false,
  problem: 'SELF_SIGNED_CERT_IN_CHAIN',
  publicRoot: false,
  chain: [{ subject: `CN=${hub}`, issuer: corp, notBefore: '', notAfter: '', sha256: '' }],
  ...more,
});
const at = (more: Partial<DialReading>) => dialled(443, { reached: 'http', ...more });
const webSockets = containers(container('edgeAgent', { upstreamProtocol: 'AmqpWs' }));
const mqtt = containers(container('edgeAgent', { upstreamProtocol: 'Mqtt' }));
const judge = (more: Parameters<typeof seen>[0]) => tlsInspection.judge(seen(more), options);

test('certificates under public roots are ok, verified here or not', () => {
  expect(judge({ hostUpstream: upstream() })).toMatchObject({ status: 'ok' });
  const outdated = upstream({ dials: { https: at({ host: hub, tls: tls({ publicRoot: true }) }) } });
  expect(judge({ upstream: outdated })).toMatchObject({
    status: 'ok',
    info: { issuers: { "the modules' network": { https: corp, mqtt: 'CN=Root' } } },
  });
});

test('an issuer that is not public answers for Azure: an error where modules need that port', () => {
  const inspected = upstream({ dials: { https: at({ host: hub, tls: tls({}) }) } });
  expect(judge({ upstream: inspected, edgeContainers: webSockets })).toMatchObject({
    status: 'failed',
    details: [
      `Something on the way inspects TLS to ${hub}:443: the certificate presented is issued by ${corp}.`,
      `The certificates of ${hub} are issued under public roots; this one is not.`,
      "Seen from the modules' network, where this issuer is not trusted (the test's).",
    ],
    fix: expect.stringContaining(`Exempt ${hub}:443 from inspection`),
  });
  expect(judge({ upstream: inspected, edgeContainers: mqtt }).status).toBe('warning');
  expect(judge({ hostUpstream: inspected, edgeContainers: mqtt }).status).toBe('failed');
});

test('one that is trusted is a warning that names it', () => {
  const { problem: _, ...trusted } = tls({ verified: true });
  const inspected = upstream({ dials: { https: at({ host: hub, tls: trusted }) } });
  expect(judge({ hostUpstream: inspected })).toMatchObject({
    status: 'warning',
    details: [expect.stringContaining(corp), expect.any(String), expect.stringContaining('is trusted')],
  });
});

test('elsewhere the way through the proxy is compared with the direct one', () => {
  const proxy = 'http://proxy:3128';
  const proxied = at({ proxy, tls: tls({}) });
  const same = { amqp: at({ tls: tls({}) }), mqtt: at({ tls: tls({}) }), httpsDirect: at({ tls: tls({}) }) };
  expect(judge({ hostUpstream: upstream({ dials: { https: proxied, webSocket: proxied, ...same } }) }).status).toBe(
    'ok',
  );
  const alone = { amqp: refused(5671), mqtt: refused(8883), httpsDirect: refused(443) };
  expect(judge({ hostUpstream: upstream({ dials: { https: proxied, webSocket: proxied, ...alone } }) })).toMatchObject({
    status: 'failed',
    details: [expect.any(String), 'It came through the proxy, and its issuer is in no store.', expect.any(String)],
  });
});

test('a firewall that inspects one port is told by another port; what goes the same way is no witness', () => {
  const host = 'hub.example';
  const inspected = { host, tls: tls({}) };
  const dials = { https: at(inspected), webSocket: at(inspected) };
  expect(judge({ hostUpstream: upstream({ dials }) })).toMatchObject({
    status: 'failed',
    details: [
      `Something on the way inspects TLS to ${host}:443: the certificate presented is issued by ${corp}.`,
      'On port 5671 the certificate is issued by CN=Root.',
      "Seen from the host, where this issuer is not trusted (the test's).",
    ],
  });
});

test('without any handshake there is nothing to tell', () => {
  const dials = { amqp: refused(5671), https: refused(443), mqtt: refused(8883), webSocket: refused(443) };
  expect(judge({ upstream: upstream({ dials }) })).toMatchObject({ status: 'skipped', reason: 'previous-failure' });
  expect(judge({ upstream: late })).toMatchObject({ status: 'skipped', reason: 'deadline' });
});
