import { readFile } from 'node:fs/promises';
import { bundleChecks } from '../../module/checks/bundle-checks.ts';
import { diagnose } from '../../module/checks/causes.ts';
import { checks } from '../../module/checks/index.ts';
import type { CheckResult } from '../../module/checks/run.ts';

const result = (id: string, outcome: CheckResult['outcome'], ...details: readonly string[]): CheckResult => ({
  id,
  section: 'Field checks',
  title: id,
  outcome,
  details,
  ...(outcome === 'error' || outcome === 'warning' ? { advice: `mend ${id}` } : {}),
  info: {},
  durationMs: 1,
});
const unknownName = 'getaddrinfo ENOTFOUND hub.example';
const timeout = 'Connecting to hub.example:8883 did not finish within 7 s';

test('a dead name server explains every way that fails by name', () => {
  const { causedBy, rootCauses } = diagnose([
    result('host-connect-iothub-mqtt', 'error', 'Could not connect', unknownName),
    result('container-connect-upstream-mqtt', 'error', 'Could not connect', unknownName),
    result('disk-space', 'warning', 'Little is free.\nSee …', 'more'),
    result('dns-consistency', 'error', 'hub.example cannot be resolved.'),
    result('keyd-running', 'ok'),
  ]);
  expect(Object.fromEntries(causedBy)).toEqual({
    'host-connect-iothub-mqtt': ['dns-consistency'],
    'container-connect-upstream-mqtt': ['dns-consistency', 'host-connect-iothub-mqtt'],
  });
  expect(rootCauses).toEqual([
    {
      check: 'dns-consistency',
      outcome: 'error',
      summary: 'hub.example cannot be resolved.',
      advice: 'mend dns-consistency',
      explains: ['host-connect-iothub-mqtt', 'container-connect-upstream-mqtt'],
    },
    { check: 'disk-space', outcome: 'warning', summary: 'Little is free.', advice: 'mend disk-space', explains: [] },
  ]);
});

test('two faults at the same time stay two: a port that is shut is not explained by a name server', () => {
  const { rootCauses } = diagnose([
    result('host-connect-iothub-mqtt', 'error', timeout),
    result('container-default-connect-upstream-mqtt', 'error', timeout),
    result('dns-consistency', 'warning', 'The answers differ.'),
  ]);
  expect(rootCauses.map(({ check, explains }) => [check, explains])).toEqual([
    ['host-connect-iothub-mqtt', ['container-default-connect-upstream-mqtt']],
    ['dns-consistency', []],
  ]);
});

test('an invalid daemon.json is one cause, a missing setting in it explains nothing', () => {
  const invalid = 'Could not parse container engine config file /etc/docker/daemon.json';
  const logs = result('container-engine-logrotate', 'error', 'not rotated', invalid);
  expect(diagnose([result('container-engine-dns', 'error', 'no DNS', invalid), logs]).rootCauses).toHaveLength(1);
  expect(diagnose([result('container-engine-dns', 'warning', 'no DNS'), logs]).rootCauses).toHaveLength(2);
});

test.each([
  ['one certificate, by its use and as preloaded', ["'device-id' expired at 2026-01-01 00:00:00 UTC"], true],
  ['one file that may not be read', ['/var/aziot/certs/id.pem is not readable by user aziotcs (uid 1, gid 1)'], true],
  ['another certificate as well', ["'device-id' expired at then", "'root' will expire soon (then, in 3 days)"], false],
  ['only another one', ["'root' expired at 2026-01-01 00:00:00 UTC"], false],
])('%s', (_, preloaded, explained) => {
  const { rootCauses } = diagnose([
    result('identity-certificate-expiry', 'error', ...preloaded.slice(0, 1).map((text) => text.replace('root', 'own'))),
    result('certs-preloaded', 'error', ...preloaded),
  ]);
  expect(rootCauses.map(({ explains }) => explains)).toEqual(explained ? [['certs-preloaded']] : [[], []]);
});

test('nothing complains: no causes', () => {
  expect(diagnose([result('keyd-running', 'ok'), result('hostname', 'skipped')])).toEqual({
    causedBy: new Map(),
    rootCauses: [],
  });
});

test('every cause and effect is a check', async () => {
  const ids = new Set([...checks, ...bundleChecks].map(({ id }) => id));
  const source = await readFile(new URL('../../module/checks/causes.ts', import.meta.url), 'utf8');
  const named = [
    ...source.matchAll(
      /'((?:log|host|container|edge|module|dns|tls|disk|memory|port|certs?|aziot|software|storage|clock|keyd|certd|identityd)-[a-z0-9-]+)'/g,
    ),
  ].map(([, id = '']) => id);
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((id) => !ids.has(id) && !id.endsWith('-'))).toEqual([]);
});
