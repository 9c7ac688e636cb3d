import { containerEngineIpv6 } from '../../module/checks/container-engine-ipv6.ts';
import { container, containers, noEngine, options, value } from './support/readings.ts';

const judge = (edge: boolean, bridge: boolean | undefined) => {
  const network = (name: string, ipv6: boolean) => ({ name, driver: 'bridge', ipv6, internal: false, subnets: [] });
  const all = [network('azure-iot-edge', edge), ...(bridge === undefined ? [] : [network('bridge', bridge)])];
  return containerEngineIpv6.judge({ networks: value(all), edgeContainers: noEngine }, options);
};

test('the original table: ok when the engine has it, ignored when nobody wants it, an error otherwise', () => {
  expect(judge(true, true).status).toBe('ok');
  expect(judge(false, true).status).toBe('ok');
  expect(judge(false, false)).toMatchObject({
    status: 'ignored',
    info: { expected_use_ipv6: false, actual_use_ipv6: false },
  });
  expect(judge(true, false)).toMatchObject({
    status: 'failed',
    details: [
      'Container engine is not configured for IPv6 communication.\n' +
        'Please see https://aka.ms/iotedge-docker-ipv6 for a guide on how to enable IPv6 support.',
      expect.any(String),
    ],
    info: { expected_use_ipv6: true, actual_use_ipv6: false },
  });
});

test('an engine without its default network does not tell its setting', () => {
  expect(judge(false, undefined)).toMatchObject({ status: 'ignored', info: { actual_use_ipv6: null } });
  expect(judge(true, undefined)).toMatchObject({ status: 'skipped', reason: 'unknown' });
});

test('the IoT Edge network is that of edgeAgent', () => {
  const own = { name: 'my-edge', driver: 'bridge', ipv6: true, internal: false, subnets: [] };
  const edgeContainers = containers(container('edgeAgent', { networks: ['my-edge'] }));
  const bridge = { ...own, name: 'bridge', ipv6: false };
  expect(containerEngineIpv6.judge({ networks: value([own, bridge]), edgeContainers }, options)).toMatchObject({
    status: 'failed',
    info: { network_name: 'my-edge' },
  });
});

test('without the engine it is skipped', () => {
  expect(containerEngineIpv6.judge({ networks: noEngine, edgeContainers: noEngine }, options).status).toBe('skipped');
});
