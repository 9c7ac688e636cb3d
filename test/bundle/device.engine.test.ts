import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hostSecrets } from '../../sim/host.ts';
import { plantedSecrets } from '../../sim/workloads.ts';
import { startCompleteEdge } from '../faults/edge.ts';
import type { CompleteEdge } from '../faults/state.ts';
import { bundleOf } from './support/bundle-of.ts';

let edge: CompleteEdge;
beforeAll(async () => {
  edge = await startCompleteEdge();
}, 90_000);
afterAll(() => edge?.stop(), 30_000);

const bundle = (request: object) => bundleOf(edge, request);

const modules = ['SimulatedTemperatureSensor', 'edgeAgent', 'edgeHub', 'edgeSupport'];

test('a healthy device’s bundle has all that the original has, and the superset, each file whole', async () => {
  const { name, bytes, files, manifest, text } = await bundle({ caseId: 'CS-1234' });
  expect(name).toMatch(/\/support-bundle-CS-1234-\d{4}-\d\d-\d\d--\d\d-\d\d-\d\d\.zip$/);
  // Of `iotedge support-bundle`, then ours.
  const originals = [
    'check.json',
    ...modules.flatMap((module) => [`logs/${module}_log.txt`, `inspect/${module}.json`]),
    ...['azure-iot-edge', 'bridge', 'host', 'none'].map((network) => `network/${network}.json`),
    ...['aziot-keyd', 'aziot-certd', 'aziot-identityd', 'aziot-edged', 'docker'].map((unit) => `logs/${unit}.txt`),
  ];
  const ours = [
    ...['aziot-tpmd', 'containerd', 'kernel'].map((unit) => `logs/${unit}.txt`),
    ...['version', 'info', 'df', 'images', 'containers', 'stats', 'events'].map((what) => `docker/${what}.json`),
    'modules.json',
    ...['os-release', 'uptime', 'meminfo', 'df.txt', 'mounts', 'net.txt', 'processes.txt', 'listening.txt'].map(
      (file) => `host/${file}`,
    ),
    'config/config.toml',
    'config/edged/config.d/00-super.toml',
    'metrics/edgeHub.txt',
    'metrics/edgeAgent.txt',
    'edge-support/log.txt',
    'edge-support/audit.jsonl',
    'edge-support/tasks.json',
    'facts/edgeContainers.json',
    'facts/hostCertificates.json',
    'manifest.json',
  ];
  expect([...originals, ...ours].filter((file) => !files.has(file))).toEqual([]);
  expect(manifest.entries.filter(({ status }) => status !== 'success')).toEqual([]);
  expect(manifest.entries.map(({ name: entry }) => entry).sort()).toEqual(
    [...files.keys()].filter((file) => file !== 'manifest.json').sort(),
  );
  for (const { name: entry, bytes: size } of manifest.entries)
    expect([entry, files.get(entry)?.length]).toEqual([entry, size]);

  expect(JSON.parse(text('check.json'))).toMatchObject({ summary: { errors: 0 } });
  expect(text('logs/aziot-edged.txt')).toMatch(
    /^\d{4}-.*\+0000 edge-device-1 aziot-edged: Checking edge runtime status$/m,
  );
  expect(text('logs/kernel.txt')).toContain('Out of memory: Killed process 4242');
  expect(text('host/processes.txt')).toMatch(/^PID +PPID.*\n.*\bdockerd\b/s);
  expect(text('metrics/edgeHub.txt')).toContain('edgehub_messages_sent_total');
  expect(JSON.parse(text('docker/stats.json'))).toMatchObject({ edgeHub: { memory_stats: expect.any(Object) } });
  expect(text('config/config.toml')).toContain('method = "sas"');

  const whole = Buffer.concat([bytes, ...files.values()]);
  for (const secret of [...Object.values(plantedSecrets), ...Object.values(hostSecrets)])
    expect([secret, whole.includes(secret)]).toEqual([secret, false]);
}, 90_000);

test('other readers read it', async () => {
  const { bytes } = await bundle({ include: ['modules', 'inspect'] });
  const folder = await mkdtemp(join(tmpdir(), 'edge-support-zip-'));
  try {
    await writeFile(join(folder, 'bundle.zip'), bytes);
    execFileSync('busybox', ['unzip', '-q', 'bundle.zip', '-d', 'out'], { cwd: folder, timeout: 20_000 });
    const found = await readdir(join(folder, 'out'), { recursive: true, withFileTypes: true });
    expect(found.filter((one) => one.isFile())).toHaveLength(10);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);

test('what is asked for is in it, and nothing else', async () => {
  const { files } = await bundle({ include: ['inspect', 'module-logs'], modules: ['edge(Hub|Agent)'] });
  expect([...files.keys()].sort()).toEqual([
    'facts/logStatistics.json',
    'findings.json',
    'inspect/edgeAgent.json',
    'inspect/edgeHub.json',
    'logs/edgeAgent_log.txt',
    'logs/edgeHub_log.txt',
    'manifest.json',
    'redaction.json',
    'report.html',
  ]);
}, 60_000);

test('the window holds for the host’s journal too', async () => {
  const { text } = await bundle({ include: ['system-logs'], since: '90m', until: '25m' });
  const times = [...text('logs/aziot-edged.txt').matchAll(/^\S+/gm)].map(([time]) =>
    Date.parse(time.replace('+0000', 'Z')),
  );
  expect(times.length).toBeGreaterThan(2);
  expect(Math.max(...times)).toBeLessThanOrEqual(Date.now() - 24 * 60_000);
}, 60_000);

test('a plan says what would be in it, and makes nothing', async () => {
  const before = await edge.blob.list();
  const { status, payload } = await edge.invoke('UploadSupportBundle', { dryRun: true, exclude: ['system-logs'] });
  expect(status).toBe(200);
  const plan = payload as { readonly files: readonly { readonly name: string }[]; readonly total: object };
  expect(plan).toMatchObject({
    dryRun: true,
    problems: [],
    total: { bytes: expect.any(Number), seconds: expect.any(Number) },
  });
  const names = plan.files.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['inspect/edgeHub.json', 'logs/edgeHub_log.txt', 'config/config.toml']));
  expect(names.filter((name) => name.startsWith('logs/aziot'))).toEqual([]);
  expect(await edge.blob.list()).toEqual(before);
}, 30_000);

test('without access to the host its files are skipped, with the reason, and the rest is there', async () => {
  edge.hub.patchDesired(edge.moduleId, { policy: { hostAccess: false } });
  try {
    const { files, manifest } = await bundle({});
    const skipped = manifest.entries.filter(({ status }) => status === 'skipped');
    expect(skipped.map(({ name }) => name).sort()).toEqual([
      'config',
      'host',
      ...[
        'aziot-certd',
        'aziot-edged',
        'aziot-identityd',
        'aziot-keyd',
        'aziot-tpmd',
        'containerd',
        'docker',
        'kernel',
      ].map((unit) => `logs/${unit}.txt`),
    ]);
    for (const { reason } of skipped)
      expect(reason).toBe(
        'Looking at the host is not allowed on this device (setting policy.hostAccess, environment variable EDGE_SUPPORT_HOST_ACCESS).',
      );
    expect(manifest.entries.filter(({ status }) => !['skipped', 'success'].includes(status))).toEqual([]);
    expect(files.has('logs/edgeHub_log.txt')).toBe(true);
  } finally {
    edge.hub.patchDesired(edge.moduleId, { policy: { hostAccess: null } });
  }
}, 60_000);

test('a wrong request is one sentence that names the field', async () => {
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ include: ['inspects'] }, /^include: there is no collector "inspects"; near it: inspect,/],
    [{ exclude: ['x'] }, /^exclude: there is no collector "x"/],
    [{ modules: ['('] }, /^modules\[0\]/],
    [{ caseId: '../x' }, /caseId must be letters, digits/],
    [{ maxBytes: 10 }, /maxBytes must be an integer from 1000000/],
    [{ since: 'yesterday-ish' }, /since/],
  ];
  for (const [request, message] of cases) {
    const { status, payload } = await edge.invoke('UploadSupportBundle', request);
    expect({ status, message: (payload as { message: string }).message }).toEqual({
      status: 400,
      message: expect.stringMatching(message),
    });
  }
}, 30_000);
