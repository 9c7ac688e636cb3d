import { dnsConsistency } from '../../module/checks/dns-consistency.ts';
import { container, containers, dialled, late, options, refused, seen, upstream } from './support/readings.ts';

const at = (...addresses: string[]) => upstream({ lookup: { addresses, durationMs: 1 } });
const unknown = upstream({ lookup: { error: 'getaddrinfo EAI_AGAIN hub.example', durationMs: 1 } });
const judge = (more: Parameters<typeof seen>[0]) => dnsConsistency.judge(seen(more), options);

test('the same answer, and another of the same kind, are ok', () => {
  expect(judge({ upstream: at('20.0.0.1'), hostUpstream: at('20.0.0.2') })).toMatchObject({
    status: 'ok',
    info: {
      name: 'hub.example',
      answers: { "modules' network": ['20.0.0.1'], 'default bridge': null, host: ['20.0.0.2'] },
    },
  });
});

test('a name that the host knows and containers do not is an error that points at the engine', () => {
  expect(judge({ upstream: unknown, hostUpstream: at('20.0.0.1') })).toMatchObject({
    status: 'failed',
    details: [
      "hub.example cannot be resolved by containers on the modules' network.",
      'getaddrinfo EAI_AGAIN hub.example',
      'From the host it resolves to 20.0.0.1.',
    ],
    fix: expect.stringContaining('/etc/docker/daemon.json'),
  });
});

test('the other way round it is the host, and when nobody knows it, the name servers', () => {
  expect(judge({ upstream: at('20.0.0.1'), hostUpstream: unknown })).toMatchObject({
    status: 'failed',
    fix: expect.stringContaining('/etc/resolv.conf'),
  });
  expect(judge({ upstream: unknown, hostUpstream: unknown })).toMatchObject({
    status: 'failed',
    details: [expect.stringContaining('and the host'), expect.any(String)],
    fix: expect.stringContaining('port 53'),
  });
});

test('a proxy that is used for all looks names up itself', () => {
  const https = dialled(443, { proxy: 'http://proxy:3128', reached: 'http' });
  const proxied = upstream({
    lookup: { error: 'getaddrinfo ENOTFOUND hub.example', durationMs: 1 },
    dials: { https, amqp: refused(5671), mqtt: refused(8883) },
  });
  const using = (upstreamProtocol: string) => containers(container('edgeAgent', { upstreamProtocol }));
  const both = { upstream: proxied, hostUpstream: proxied };
  expect(judge({ ...both, edgeContainers: using('AmqpWs') }).status).toBe('ok');
  expect(judge({ ...both, edgeContainers: using('Mqtt') }).status).toBe('failed');
});

test.each(['10.1.2.3', '172.31.0.1', '192.168.1.1', '100.64.0.1', 'fd00::1'])(
  'a private address (%s) for one and a public one for the other is a warning',
  (address) => {
    expect(judge({ upstream: at('20.0.0.1'), hostUpstream: at(address) })).toMatchObject({
      status: 'warning',
      details: [expect.any(String), `The modules' network gets 20.0.0.1, the host ${address}.`],
    });
  },
);

test('without a look-up by modules there is nothing to compare', () => {
  expect(judge({ upstream: late })).toMatchObject({ status: 'skipped', reason: 'deadline' });
});
