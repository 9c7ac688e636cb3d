import { containerEngineLogrotate } from '../../module/checks/container-engine-logrotate.ts';
import type { EdgeContainer } from '../../module/facts/edge-containers.ts';
import { parseDaemonJson } from '../../module/facts/host-engine-config.ts';
import type { Facts } from '../../module/facts/index.ts';
import { container, containers, engineConfig, noEngine, noHost, options, value } from './support/readings.ts';

const engineInfo = value({ loggingDriver: 'json-file' } as Facts['engineInfo']);
const judge = (...logs: readonly EdgeContainer['log'][]) => {
  const all = logs.map((log, at) => container(`m${at}`, { log }));
  return containerEngineLogrotate.judge(
    { edgeContainers: containers(...all), engineInfo, hostEngineConfig: noHost },
    options,
  );
};

test('json-file with both options is ok, wherever they were set', () => {
  expect(judge({ driver: 'json-file', maxSize: '10m', maxFile: '3' })).toMatchObject({
    status: 'ok',
    info: {
      daemon_config: { 'log-driver': 'json-file', 'log-opts': null },
      containers: { m0: { driver: 'json-file', maxSize: '10m', maxFile: '3' } },
    },
  });
  expect(judge({ driver: 'journald' })).not.toHaveProperty('iotedgeCheck');
});

test.each<[string, EdgeContainer['log']]>([
  ['local rotates by itself', { driver: 'local' }],
  ['syslog sends the log away', { driver: 'syslog' }],
  ['max-size alone keeps one file', { driver: 'json-file', maxSize: '10m' }],
])('%s: ok, where the original warns', (_, log) => {
  expect(judge(log)).toMatchObject({ status: 'ok', iotedgeCheck: 'warning' });
});

test.each<[string, EdgeContainer['log']]>([
  ['no options', { driver: 'json-file' }],
  ['max-file alone', { driver: 'json-file', maxFile: '3' }],
  ['max-size without limit', { driver: 'json-file', maxSize: '-1', maxFile: '3' }],
])('json-file with %s is the original warning, with the module named', (_, log) => {
  expect(judge({ driver: 'local' }, log)).toMatchObject({
    status: 'warning',
    details: [
      expect.stringMatching(/^Container engine is not configured to rotate module logs which may cause it run out of /),
      'The log grows without limit in m1 (json-file without max-size).',
    ],
  });
});

test('without modules or without the engine it cannot be told', () => {
  expect(judge()).toMatchObject({ status: 'skipped', reason: 'unknown' });
  const nothing = { edgeContainers: noEngine, engineInfo: noEngine, hostEngineConfig: noEngine };
  expect(containerEngineLogrotate.judge(nothing, options)).toMatchObject({
    status: 'skipped',
    reason: 'docker-unavailable',
  });
});

const judgeFile = (more: Partial<Facts['hostEngineConfig']>, ...logs: readonly EdgeContainer['log'][]) => {
  const all = logs.map((log, at) => container(`m${at}`, { log }));
  const facts = { edgeContainers: containers(...all), engineInfo, hostEngineConfig: engineConfig(more) };
  return containerEngineLogrotate.judge(facts, options);
};
const unbounded = { driver: 'json-file' };

test('F44: no daemon.json is the original warning with its cause', () => {
  for (const verdict of [judgeFile({ state: 'missing' }), judgeFile({ state: 'missing' }, unbounded)]) {
    expect(verdict).toMatchObject({ status: 'warning' });
    expect(verdict).toHaveProperty(
      ['details', 1],
      'Could not open container engine config file /etc/docker/daemon.json',
    );
  }
});

test('F45: a daemon.json that is not JSON is the original error, and nothing of it is quoted', () => {
  const verdict = judgeFile(parseDaemonJson('{"log-opts": {"token": hunter2}}'), unbounded);
  expect(verdict).toMatchObject({
    status: 'failed',
    details: [
      expect.any(String),
      'Could not parse container engine config file /etc/docker/daemon.json',
      expect.stringMatching(/^it is not JSON/),
    ],
  });
  expect(JSON.stringify(verdict)).not.toContain('hunter2');
});

test('F46: log-driver journald is ok', () => {
  const verdict = judgeFile(parseDaemonJson('{"log-driver": "journald"}'), { driver: 'journald' });
  expect(verdict).toMatchObject({ status: 'ok', info: { daemon_config: { 'log-driver': 'journald' } } });
  expect(verdict).not.toHaveProperty('iotedgeCheck');
});

test('F47: log-driver local without options is ok, where the original warns', () => {
  for (const logs of [[], [{ driver: 'local' }]]) {
    expect(judgeFile({ logDriver: 'local' }, ...logs)).toMatchObject({ status: 'ok', iotedgeCheck: 'warning' });
  }
});

test('F48: options set per module in the deployment only are ok, where the original warns', () => {
  const log = { driver: 'json-file', maxSize: '10m', maxFile: '3' };
  expect(judgeFile({}, log, log)).toMatchObject({ status: 'ok', iotedgeCheck: 'warning' });
});

test('containers made before daemon.json was changed still grow, which the original does not see', () => {
  const both = { logDriver: 'json-file', maxSize: '10m', maxFile: '3' };
  expect(judgeFile(both, unbounded)).toMatchObject({ status: 'warning', iotedgeCheck: 'ok' });
  expect(judgeFile(both)).toEqual(expect.objectContaining({ status: 'ok' }));
});
