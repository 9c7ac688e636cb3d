import { inboundPorts } from '../../module/checks/inbound-ports.ts';
import type { EdgePort } from '../../module/facts/edge-containers.ts';
import { container, containers, noEngine, options } from './support/readings.ts';

const published = (port: number, more: Partial<EdgePort> = {}) => ({
  container: `${port}/tcp`,
  host: port,
  address: '',
  ...more,
});
const judge = (...ports: readonly EdgePort[]) =>
  inboundPorts.judge({ edgeContainers: containers(container('edgeHub', { ports })) }, options);

test('all three, some, or none are ok and listed', () => {
  expect(judge(published(443), published(5671), published(8883))).toMatchObject({
    status: 'ok',
    info: {
      published: [{ host: 443, for: 'HTTPS and WebSockets' }, { host: 5671 }, { host: 8883 }],
      not_published: [],
    },
  });
  expect(judge(published(8883))).toMatchObject({ status: 'ok', info: { not_published: ['443/tcp', '5671/tcp'] } });
  expect(judge()).toMatchObject({ status: 'ok', info: { published: [] } });
});

test.each([80, 1883, 5672])('port %d is not supported by edgeHub', (port) => {
  expect(judge(published(8883), published(port))).toMatchObject({
    status: 'warning',
    details: [`Published but not supported by edgeHub: ${port} → ${port}/tcp.`, expect.stringContaining('TLS only')],
  });
});

test('an unusual port of the host in front of a supported one is fine', () => {
  expect(judge(published(8883, { host: 1883 })).status).toBe('ok');
});

test('a port bound to loopback is of no use to other devices', () => {
  expect(judge(published(8883, { address: '127.0.0.1' }))).toMatchObject({
    status: 'warning',
    details: ['Only this device itself can connect to 127.0.0.1:8883 → 8883/tcp.'],
  });
});

test('without edgeHub or the engine there is nothing to list', () => {
  expect(inboundPorts.judge({ edgeContainers: containers() }, options)).toMatchObject({
    status: 'skipped',
    reason: 'unknown',
  });
  expect(inboundPorts.judge({ edgeContainers: noEngine }, options)).toMatchObject({ reason: 'docker-unavailable' });
});
