import { containerEngineDns } from '../../module/checks/container-engine-dns.ts';
import type { EdgeContainer } from '../../module/facts/edge-containers.ts';
import type { Reading } from '../../module/facts/fact.ts';
import { parseDaemonJson } from '../../module/facts/host-engine-config.ts';
import type { Facts } from '../../module/facts/index.ts';
import {
  container,
  containers,
  engineConfig,
  environment,
  noEngine,
  noHost,
  options,
  value,
} from './support/readings.ts';

const ours = container('edgeSupport');
const old: Facts['resolver'] = { nameservers: ['127.0.0.11'], forwardedTo: [] };
const judge = (resolver: Facts['resolver'], ...all: readonly EdgeContainer[]) =>
  containerEngineDns.judge(
    {
      edgeContainers: containers(...all),
      resolver: value(resolver),
      environment: environment(),
      hostEngineConfig: noHost,
    },
    options,
  );

test('servers set for every module are ok', () => {
  const set = { dns: ['10.0.0.2'] };
  expect(judge(old, container('edgeAgent', set), container('edgeSupport', set))).toMatchObject({
    status: 'ok',
    info: { containers: { edgeAgent: ['10.0.0.2'], edgeSupport: ['10.0.0.2'] } },
  });
});

test("servers set for the engine are ok, as a newer engine notes it in this module's resolv.conf", () => {
  const resolver = { ...old, configured: true, forwardedTo: ['10.0.0.2'] };
  expect(judge(resolver, container('edgeAgent'), ours)).toMatchObject({ status: 'ok', info: { dns: ['10.0.0.2'] } });
});

test('no server set anywhere is the original warning, with the modules named', () => {
  const resolver = { ...old, configured: false };
  expect(judge(resolver, container('edgeAgent'), container('sensor', { dns: ['10.0.0.2'] }), ours)).toMatchObject({
    status: 'warning',
    details: [
      expect.stringMatching(/^Container engine is not configured with DNS server setting, which may impact /),
      'No DNS server is set for edgeAgent, edgeSupport; they ask those of the host.',
    ],
  });
});

test('with an older engine its own setting cannot be seen, and is not guessed', () => {
  expect(judge(old, container('edgeAgent'), ours)).toMatchObject({ status: 'skipped', reason: 'host-access-off' });
});

test("a server set for this module alone says nothing of the engine's setting", () => {
  const resolver = { ...old, configured: true, forwardedTo: ['10.0.0.2'] };
  expect(judge(resolver, container('edgeAgent'), { ...ours, dns: ['10.0.0.2'] })).toMatchObject({ status: 'skipped' });
});

test('without the engine it is skipped', () => {
  const facts = {
    edgeContainers: noEngine,
    resolver: value(old),
    environment: environment(),
    hostEngineConfig: noEngine,
  };
  expect(containerEngineDns.judge(facts, options)).toMatchObject({ status: 'skipped', reason: 'docker-unavailable' });
});

const judgeFile = (hostEngineConfig: Reading<Facts['hostEngineConfig']>, ...all: readonly EdgeContainer[]) => {
  const facts = { edgeContainers: containers(...all), resolver: value(old), environment: environment() };
  return containerEngineDns.judge({ ...facts, hostEngineConfig }, options);
};

test('F44: no daemon.json is the original warning with its cause', () => {
  expect(judgeFile(engineConfig({ state: 'missing' }), container('edgeAgent'))).toMatchObject({
    status: 'warning',
    details: [
      expect.stringMatching(/^Container engine is not configured with DNS server setting/),
      'Could not open container engine config file /etc/docker/daemon.json',
      expect.stringContaining('edgeAgent'),
    ],
  });
});

test('F45: a daemon.json that is not JSON is the original error, whatever the containers have', () => {
  const config = engineConfig(parseDaemonJson('{ "dns": ["10.0.0.2" '));
  expect(judgeFile(config, container('edgeAgent', { dns: ['10.0.0.2'] }))).toMatchObject({
    status: 'failed',
    details: [
      expect.stringMatching(/^Container engine is not configured with DNS server setting/),
      'Could not parse container engine config file /etc/docker/daemon.json',
      'it is not JSON (line 1, column 22)',
    ],
  });
});

test('servers in daemon.json are ok; those of every module are too, where the original warns', () => {
  expect(judgeFile(engineConfig({ dns: ['10.0.0.3'] }), container('edgeAgent'))).toMatchObject({
    status: 'ok',
    info: { container_engine_config_path: '/etc/docker/daemon.json', dns: ['10.0.0.3'] },
  });
  const set = container('edgeAgent', { dns: ['10.0.0.2'] });
  expect(judgeFile(engineConfig(), set)).toMatchObject({ status: 'ok', iotedgeCheck: 'warning' });
});
