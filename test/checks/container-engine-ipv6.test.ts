import { containerEngineIpv6 } from '../../module/checks/container-engine-ipv6.ts';
import type { Reading } from '../../module/facts/fact.ts';
import { parseDaemonJson } from '../../module/facts/host-engine-config.ts';
import type { Facts } from '../../module/facts/index.ts';
import { container, containers, engineConfig, noEngine, noHost, options, value } from './support/readings.ts';

type Config = Reading<Facts['hostEngineConfig']>;

const judge = (edge: boolean, bridge: boolean | undefined, hostEngineConfig: Config = noHost) => {
  const network = (name: string, ipv6: boolean) => ({ name, driver: 'bridge', ipv6, internal: false, subnets: [] });
  const all = [network('azure-iot-edge', edge), ...(bridge === undefined ? [] : [network('bridge', bridge)])];
  return containerEngineIpv6.judge({ networks: value(all), edgeContainers: noEngine, hostEngineConfig }, options);
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
  expect(
    containerEngineIpv6.judge({ networks: value([own, bridge]), edgeContainers, hostEngineConfig: noHost }, options),
  ).toMatchObject({
    status: 'failed',
    info: { network_name: 'my-edge' },
  });
});

test('without the engine it is skipped', () => {
  const facts = { networks: noEngine, edgeContainers: noEngine, hostEngineConfig: noEngine };
  expect(containerEngineIpv6.judge(facts, options).status).toBe('skipped');
});

test('F44: no daemon.json and no IPv6 anywhere is ignored', () => {
  expect(judge(false, false, engineConfig({ state: 'missing' })).status).toBe('ignored');
});

test('F45: a daemon.json that is not JSON is the original error', () => {
  expect(judge(false, false, engineConfig(parseDaemonJson('{"ipv6": yes}')))).toMatchObject({
    status: 'failed',
    details: [
      expect.stringMatching(/^Container engine is not configured for IPv6/),
      'Could not parse container engine config file /etc/docker/daemon.json',
      expect.stringMatching(/^it is not JSON/),
    ],
  });
});

test('F49: an edge network with IPv6 and a daemon.json without is the original error', () => {
  expect(judge(true, false, engineConfig())).toMatchObject({
    status: 'failed',
    info: { expected_use_ipv6: true, actual_use_ipv6: false, daemon_json_ipv6: false },
  });
  expect(judge(true, undefined, engineConfig())).toMatchObject({ status: 'failed' });
});

test('a daemon.json that the engine has not read yet: what it runs with counts, and the original is told', () => {
  expect(judge(true, false, engineConfig({ ipv6: true }))).toMatchObject({ status: 'failed', iotedgeCheck: 'ok' });
  expect(judge(true, true, engineConfig())).toMatchObject({ status: 'ok', iotedgeCheck: 'error' });
});
