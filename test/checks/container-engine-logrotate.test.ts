import { containerEngineLogrotate } from '../../module/checks/container-engine-logrotate.ts';
import type { EdgeContainer } from '../../module/facts/edge-containers.ts';
import type { Facts } from '../../module/facts/index.ts';
import { container, containers, noEngine, options, value } from './support/readings.ts';

const engineInfo = value({ loggingDriver: 'json-file' } as Facts['engineInfo']);
const judge = (...logs: readonly EdgeContainer['log'][]) => {
  const all = logs.map((log, at) => container(`m${at}`, { log }));
  return containerEngineLogrotate.judge({ edgeContainers: containers(...all), engineInfo }, options);
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
  expect(containerEngineLogrotate.judge({ edgeContainers: noEngine, engineInfo: noEngine }, options)).toMatchObject({
    status: 'skipped',
    reason: 'docker-unavailable',
  });
});
