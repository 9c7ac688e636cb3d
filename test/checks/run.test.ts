import { nearest } from '../../module/base/nearest.ts';
import { type Check, defineCheck, type Verdict } from '../../module/checks/check.ts';
import { checks, runChecks } from '../../module/checks/index.ts';
import { runSelected } from '../../module/checks/run.ts';
import { createEngine } from '../../module/docker/engine.ts';
import { summarize } from '../../module/report/result.ts';
import { blackhole } from '../facts/support/blackhole.ts';
import { silentServer, udpServer } from '../facts/support/servers.ts';
import { dockerWith, worldWith } from '../facts/support/world.ts';

const check = (id: string, judge: () => Verdict, needs: Check['needs'] = ['environment']): Check =>
  defineCheck({ id, section: 'Configuration checks', title: `the check ${id}`, needs, judge });
const fine = check('fine', () => ({ status: 'ok' }));
const doubtful = check('doubtful', () => ({ status: 'warning', details: ['hm'], fix: 'look' }));
const broken = check('broken', () => {
  throw new TypeError('x is undefined');
});
const world = worldWith({});

test('ids are unique, and the order is by section', () => {
  const ids = checks.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...new Set(checks.map(({ section }) => section))]).toEqual([
    'Configuration checks (aziot-identity-service)',
    'Connectivity checks (aziot-identity-service)',
    'Configuration checks',
    'Connectivity checks',
    'Field checks',
  ]);
});

test('F65: a check that throws becomes an error with its text, the others are unaffected', async () => {
  const { results } = await runSelected([fine, broken, doubtful], { world });
  expect(results.map(({ id, outcome, details }) => [id, outcome, details])).toEqual([
    ['fine', 'ok', []],
    ['broken', 'error', ['x is undefined']],
    ['doubtful', 'warning', ['hm']],
  ]);
});

test('F64: with only warnings, warningsAsErrors makes errors of them, and of the whole', async () => {
  const run = await runSelected([fine, doubtful], { world, warningsAsErrors: true });
  expect(run.results[1]).toMatchObject({ outcome: 'error', details: ['hm'], advice: 'look' });
  expect(summarize(run)).toMatchObject({ warnings: 0, errors: 1, overall: 'error' });
});

test('only what is asked for runs, in the order of the list, and only its facts are read', async () => {
  const networks = check('nets', () => ({ status: 'ok' }), ['networks']);
  const run = await runSelected([fine, networks, doubtful], { world, select: { checks: ['doubtful', 'fine'] } });
  expect(run.results.map(({ id }) => id)).toEqual(['fine', 'doubtful']);
  expect(Object.keys(run.readings).sort()).toEqual(['environment', 'system']);
});

test('F63: what is in dontRun is ignored, and its facts are not read', async () => {
  const networks = check('nets', () => ({ status: 'ok' }), ['networks']);
  const run = await runSelected([fine, networks], { world, select: { dontRun: ['nets'] } });
  expect(run.results[1]).toMatchObject({ id: 'nets', outcome: 'ignored' });
  expect(run.readings).not.toHaveProperty('networks');
});

test.each(['checks', 'dontRun'] as const)(
  'an unknown name in %s is refused with the field and the nearest names',
  async (field) => {
    await expect(runChecks({ world, select: { [field]: ['Host-local-tim'] } })).rejects.toMatchObject({
      code: 'bad-request',
      message: expect.stringMatching(
        new RegExp(`^${field}: there is no check "Host-local-tim"\\. The nearest names are "host-local-time", `),
      ),
    });
  },
);

test('nearest sorts by letters to change', () => {
  expect(nearest('hostname', ['parent_hostname', 'host-local-time', 'hostnames'])).toEqual([
    'hostnames',
    'parent_hostname',
    'host-local-time',
  ]);
  expect(nearest('edge-ca', ['certs-read', 'hostname', 'edge-ca-expiry'])[0]).toBe('edge-ca-expiry');
});

test('F66: what is not read when the time is over is skipped with reason deadline, and the rest is there', async () => {
  const docker = dockerWith({ modules: () => new Promise(() => {}), networks: async () => [] });
  const started = performance.now();
  const { results } = await runChecks({
    world: worldWith({ docker }),
    select: { checks: ['container-engine-logrotate', 'container-engine-ipv6', 'parent_hostname'] },
    timeoutSecs: 0.2,
  });
  expect(performance.now() - started).toBeLessThan(1000);
  expect(results.map(({ id, outcome, reason }) => [id, outcome, reason])).toEqual([
    ['parent_hostname', 'ignored', undefined],
    ['container-engine-ipv6', 'ignored', undefined],
    ['container-engine-logrotate', 'skipped', 'deadline'],
  ]);
});

test('a patient run gives each fact more time', async () => {
  const modules = () => new Promise<[]>((resolve) => setTimeout(() => resolve([]), 150));
  const read = async (factLimitSecs: number) => {
    const world = worldWith({ docker: dockerWith({ modules }) });
    const select = { checks: ['container-engine-logrotate'] };
    const { results } = await runChecks({ world, select, timeoutSecs: 5, factLimitSecs });
    return results[0]?.reason;
  };
  expect(await read(0.05)).toBe('deadline');
  expect(await read(2)).not.toBe('deadline');
});

test('a cancelled run rejects with the reason', async () => {
  const docker = dockerWith({ modules: () => new Promise(() => {}) });
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('cancelled')), 50);
  await expect(runChecks({ world: worldWith({ docker }), signal: abort.signal })).rejects.toThrow('cancelled');
});

test('F34: without the engine, what needs it is skipped, and network and time are still judged', async () => {
  await using silent = await silentServer();
  const targets = { ports: { amqp: silent.port, https: 1, mqtt: silent.port }, ntpServer: '127.0.0.1:1' };
  const env = { upstreamProtocol: 'Mqtt' };
  const docker = createEngine('unix:///nowhere/docker.sock');
  const { results } = await runChecks({ world: worldWith({ docker, env, targets }), timeoutSecs: 2 });
  const outcomes = Object.fromEntries(results.map(({ id, outcome, reason }) => [id, reason ?? outcome]));
  expect(outcomes).toEqual({
    'host-local-time': 'warning',
    // Without helper containers everything is read in this process.
    'host-connect-iothub-amqp': 'warning',
    'host-connect-iothub-https': 'error',
    'host-connect-iothub-mqtt': 'error',
    'host-connect-dps-endpoint': 'host-access-off',
    'container-engine-uri': 'error',
    parent_hostname: 'ignored',
    'container-resolve-parent-hostname': 'ignored',
    'container-local-time': 'docker-unavailable',
    'container-engine-dns': 'docker-unavailable',
    'container-engine-ipv6': 'docker-unavailable',
    'container-engine-logrotate': 'docker-unavailable',
    'edge-agent-storage-mounted-from-host': 'docker-unavailable',
    'edge-hub-storage-mounted-from-host': 'docker-unavailable',
    'container-connect-upstream-amqp': 'not-required',
    'container-connect-upstream-https': 'not-required',
    'container-connect-upstream-mqtt': 'ok',
    'check-agent-image': 'docker-unavailable',
    'proxy-settings': 'docker-unavailable',
    'port-conflicts': 'docker-unavailable',
    // This world has no helper containers: the dials of other places are made here, and there are no files of a host.
    'aziot-edge-version': 'host-access-off',
    'aziot-edged-config-well-formed': 'host-access-off',
    'aziot-version': 'host-access-off',
    'certd-config-well-formed': 'host-access-off',
    'certd-running': 'host-access-off',
    'config-up-to-date': 'host-access-off',
    'configs-up-to-date': 'host-access-off',
    'connect-management-uri': 'host-access-off',
    'container-log-size': 'host-access-off',
    hostname: 'host-access-off',
    'identityd-config-well-formed': 'host-access-off',
    'identityd-running': 'host-access-off',
    'keyd-config-well-formed': 'host-access-off',
    'keyd-running': 'host-access-off',
    'tpmd-config-well-formed': 'host-access-off',
    'tpmd-running': 'host-access-off',
    'volatile-journal': 'host-access-off',
    'disk-space': 'host-access-off',
    'container-default-connect-upstream-amqp': 'not-required',
    'container-default-connect-upstream-https': 'not-required',
    'container-default-connect-upstream-mqtt': 'ok',
    'software-out-of-service': 'docker-unavailable',
    'tls-inspection': 'previous-failure',
    'dns-consistency': 'ok',
    'inbound-ports': 'docker-unavailable',
    'identity-certificate-expiry': 'host-access-off',
    'est-identity-and-bootstrap-certificate-expiry': 'host-access-off',
    'local-ca-certificate-expiry': 'host-access-off',
    'certs-preloaded': 'host-access-off',
    'certs-read': 'host-access-off',
    'key-pairs-read': 'not-supported',
    'est-server-https': 'host-access-off',
    'certs-match-private-keys': 'not-supported',
    'edge-ca-expiry': 'host-access-off',
    'edge-hub-certificate-expiry': 'unknown',
    'memory-pressure': 'ok',
    'module-restarts': 'docker-unavailable',
    'module-health': 'docker-unavailable',
    'module-image-drift': 'docker-unavailable',
    'metrics-collector': 'docker-unavailable',
    'edge-hub-queue': 'unreadable',
    // This world has no module to ask.
    'edge-hub-round-trip': 'not-supported',
    'storage-target': 'not-supported',
    'clock-jump': 'ok',
  });
});

test('with every destination blackholed a full run ends in under 20 s, with results', async () => {
  await using hole = await blackhole();
  await using ntp = await udpServer(() => undefined);
  await using engine = await silentServer();
  const world = worldWith({
    docker: createEngine(`tcp://127.0.0.1:${engine.port}`),
    env: { upstreamProtocol: 'AmqpWs' },
    targets: { ports: { amqp: hole.port, https: hole.port, mqtt: hole.port }, ntpServer: `127.0.0.1:${ntp.port}` },
  });
  const run = await runChecks({ world });
  expect(run.durationMs).toBeLessThan(20_000);
  expect(run.results).toHaveLength(checks.length);
  const of = (id: string) => run.results.find((result) => result.id === id);
  expect(of('container-engine-uri')).toMatchObject({
    outcome: 'error',
    details: [expect.any(String), expect.stringContaining('did not finish within')],
  });
  expect(of('container-engine-logrotate')).toMatchObject({ outcome: 'skipped', reason: 'deadline' });
  expect(of('container-connect-upstream-https')).toMatchObject({
    outcome: 'error',
    details: [
      expect.any(String),
      expect.stringMatching(/^Connecting to 127\.0\.0\.1:\d+ did not finish within \d(\.\d)? s$/),
    ],
  });
  expect(of('host-local-time')).toMatchObject({ outcome: 'warning' });
}, 30_000);
