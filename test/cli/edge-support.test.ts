import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Findings } from '../../module/report/findings.ts';
import { resultWith } from '../report/support/bundle-result.ts';
import { unzip } from '../support/unzip.ts';
import { writeZip } from './support/zips.ts';

const program = join(import.meta.dirname, '../../cli/edge-support.ts');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-support-cli-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

/** Runs the command as a person does. */
function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd: folder, timeout: 30_000 }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

const line = (minutes: number, level: string, text: string) => {
  const time = new Date(Date.UTC(2026, 10, 25, 11, 0) + minutes * 60_000)
    .toISOString()
    .replace('T', ' ')
    .replace('Z', ' +00:00');
  return `<${level === 'ERR' ? 3 : 6}> ${time} [${level}] - ${text}\n`;
};
const hubLog = `${line(0, 'INF', 'Starting')}${line(1, 'ERR', 'IO error: No space left on device')}${line(2, 'INF', 'on')}`;

/** One of our own bundles: readings in trouble, and a log. */
async function ownBundle(): Promise<string> {
  const { run: found } = resultWith((text) => text);
  const facts = Object.entries(found.readings).map(([name, reading]) => [
    `facts/${name}.json`,
    JSON.stringify(reading),
  ]);
  const manifest = {
    schema: 'edge-support-bundle/1',
    version: '0.1.0',
    iothub: 'hub.azure-devices.net',
    device: 'edge-1',
    caseId: 'CS-1',
    createdAt: '2026-11-25T12:00:00.000Z',
    window: { since: '2026-11-24T12:00:00.000Z', until: '2026-11-25T12:00:00.000Z' },
    entries: [],
  };
  const bundle = at('own.zip');
  await writeZip(bundle, {
    ...Object.fromEntries(facts),
    'logs/edgeHub_log.txt': hubLog,
    'logs/gone_err.txt': 'ERROR: no log',
    'manifest.json': JSON.stringify(manifest),
  });
  return bundle;
}

const secret = 'Planted-Secret-1';
const inspect = {
  Id: 'a'.repeat(64),
  Name: '/edgeHub',
  Created: '2026-11-20T00:00:00Z',
  Image: 'sha256:0',
  RestartCount: 0,
  State: {
    Status: 'running',
    ExitCode: 0,
    OOMKilled: false,
    StartedAt: '2026-11-20T00:00:00Z',
    FinishedAt: '0001-01-01T00:00:00Z',
    Error: '',
  },
  Config: { Image: 'hub:1.5', Env: [`Something=${secret}`, 'UpstreamProtocol=Mqtt'], Labels: {} },
  HostConfig: { LogConfig: { Type: 'json-file', Config: {} }, PortBindings: {} },
  Mounts: [],
  NetworkSettings: { Networks: { 'azure-iot-edge': {} } },
};

/** A zip of `iotedge support-bundle`, stderr behind check.json. */
async function originalBundle(): Promise<string> {
  const check = {
    additional_info: {},
    checks: {
      'container-engine-dns': {
        result: { result: 'warning', details: ['Container engine is not configured with DNS server setting'] },
      },
      'edge-hub-storage-mounted-from-host': { result: { result: 'ok' } },
      'keyd-config-well-formed': {
        result: { result: 'fatal', details: ['You might need to run this command as root.'] },
      },
    },
  };
  const bundle = at('original.zip');
  await writeZip(bundle, {
    'check.json': `${JSON.stringify(check)}\n\nerror: something {odd}\n`,
    'logs/edgeHub_log.txt': `${hubLog}${line(3, 'INF', `connecting with password=${secret}`)}`,
    'inspect/edgeHub.json': JSON.stringify([inspect]),
    'inspect/odd_err.json': 'Error: No such container',
    'network/azure-iot-edge.json': '[]',
    'logs/aziot-edged.txt': `Nov 25 11:00:00 h aziot-edged[1]: https_proxy=http://u:${secret}@proxy:3128\n`,
    'core.bin': Buffer.from([0x7f, 0x45, 0, 0]),
  });
  return bundle;
}

test('docs/cli.md has the usage', async () => {
  const { stdout } = await run('--help');
  const usage = stdout.split('\n').filter((text) => /edge-support (analyze|redact) /.test(text));
  const page = await readFile(join(import.meta.dirname, '../../docs/cli.md'), 'utf8');
  expect(usage).toHaveLength(2);
  for (const text of usage) expect(page).toContain(`\nnpx ${text.replace('Usage:', '').trim()}\n`);
});

test('a bundle of ours is judged again, with evidence that leads into it', async () => {
  const { code, stdout, stderr } = await run('analyze', await ownBundle(), '--json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { device, findings } = JSON.parse(stdout) as Findings;
  expect(device).toBe('edge-1');
  const of = (id: string) => findings.find((finding) => finding.id === id);
  expect(of('disk-space')).toMatchObject({ severity: 'error', causedBy: ['container-log-size'] });
  // The log is read anew: the statistics in the bundle say something else.
  expect(of('log-disk-full')?.evidence).toEqual([
    { file: 'logs/edgeHub_log.txt', line: 2, text: expect.stringContaining('No space left') },
  ]);
}, 30_000);

test('findings are text for a person, a page on request, and an exit code for a script', async () => {
  const bundle = await ownBundle();
  const { code, stdout } = await run('analyze', bundle, '--report', 'page.html', '--fail-on', 'error');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^edge-1 at hub\.azure-devices\.net, 2026-11-25T12:00:00\.000Z: \d+ errors, \d+ warnings/);
  expect(stdout).toContain('  To do: ');
  expect(stdout).toContain(
    'logs/edgeHub_log.txt:2: <3> 2026-11-25 11:01:00.000 +00:00 [ERR] - IO error: No space left on device',
  );
  expect(await readFile(at('page.html'), 'utf8')).toContain('<h2>Findings</h2>');
}, 30_000);

test('a zip of `iotedge support-bundle`: its verdicts, what can be derived, and its logs', async () => {
  const { code, stdout } = await run('analyze', await originalBundle(), '--json');
  expect(code).toBe(0);
  const { findings, createdAt } = JSON.parse(stdout) as Findings;
  expect(createdAt.slice(0, 10)).toBe('2026-11-25');
  const severities = Object.fromEntries(findings.map(({ id, severity }) => [id, severity]));
  expect(severities).toMatchObject({
    'keyd-config-well-formed': 'error',
    'container-engine-dns': 'warning',
    'log-disk-full': 'error',
    // Ours: from the inspect.
    'edge-agent-storage-mounted-from-host': 'warning',
  });
  // The original's own verdict holds where it has one.
  expect(severities['edge-hub-storage-mounted-from-host']).toBeUndefined();
}, 30_000);

test('what nobody read is no finding, and without logs nothing is judged by them', async () => {
  const judged = async (files: Readonly<Record<string, string>>) => {
    await writeZip(at('empty.zip'), { 'check.json': '{"checks":{}}', ...files });
    return JSON.parse((await run('analyze', 'empty.zip', '--json')).stdout) as Findings;
  };
  expect(await judged({})).toMatchObject({ findings: [], summary: { errors: 0, warnings: 0, succeeded: 0 } });
  // One thing is known: the original could not inspect them.
  const failed = 'Error: context deadline';
  const { findings } = await judged({ 'inspect/edgeAgent_err.json': failed, 'inspect/edgeHub_err.json': failed });
  expect(findings.map(({ id, details }) => [id, details.join(' ')])).toEqual([
    ['edge-agent-storage-mounted-from-host', expect.stringContaining(failed)],
    ['edge-hub-storage-mounted-from-host', expect.stringContaining(failed)],
  ]);
}, 30_000);

test.each([
  [
    'entries that are none',
    { entries: [null, 7, { name: 'x' }, { name: 'y', status: 'success', bytes: 1, seconds: 1 }] },
  ],
  ['a list that is none', { entries: 5 }],
  ['objects for texts', { device: { text: '<meta http-equiv=refresh>' }, caseId: [], createdAt: 7, window: null }],
])(
  'a manifest from anywhere, %s: a report all the same, in which it is text',
  async (_, own) => {
    const bundle = at('odd.zip');
    const manifest = { schema: 'edge-support-bundle/1', iothub: 'h', ...own };
    const check = {
      checks: { 'container-engine-dns': { result: { result: 'warning', details: 'x' } }, hostname: null },
    };
    await writeZip(bundle, { 'manifest.json': JSON.stringify(manifest), 'check.json': JSON.stringify(check) });
    expect(await run('analyze', bundle, '--report', 'page.html')).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(at('page.html'), 'utf8')).not.toContain('<meta http-equiv=refresh');
    await writeZip(bundle, { 'check.json': JSON.stringify(check) });
    expect(await run('analyze', bundle)).toMatchObject({ code: 0, stdout: expect.stringContaining('1 warnings') });
  },
  30_000,
);

test('readings that are none are said in one sentence', async () => {
  const bundle = at('odd.zip');
  const manifest = JSON.stringify({ schema: 'edge-support-bundle/1' });
  await writeZip(bundle, { 'manifest.json': manifest, 'facts/hostDisks.json': '{"value":{}}' });
  expect(await run('analyze', bundle, '--report', 'page.html')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^No report can be made of it: its facts are not as edge-support writes them \(.*\)\.\n$/,
    ),
  });
}, 30_000);

test('redact writes a copy without a secret in any of its bytes, and says what it took', async () => {
  const bundle = await originalBundle();
  const { code, stdout } = await run('redact', bundle);
  expect(code).toBe(0);
  expect(stdout).toMatch(/original-redacted\.zip: \d+ secrets replaced by tokens\./);
  expect(stdout).toContain('Left out, since they are no text: core.bin');
  const bytes = await readFile(at('original-redacted.zip'));
  const files = await unzip(bytes);
  const whole = Buffer.concat([bytes, ...files.values()]).toString('latin1');
  expect(whole).not.toContain(secret);
  expect(files.has('core.bin')).toBe(false);
  expect(files.get('logs/edgeHub_log.txt')?.toString()).toContain(hubLog);
  expect(JSON.parse(String(files.get('inspect/edgeHub.json')))[0].Config.Env[1]).toBe('UpstreamProtocol=Mqtt');
  expect(JSON.parse(String(files.get('redaction.json')))).toMatchObject({
    scope: 'all',
    leftOut: ['core.bin'],
    rules: { 'env-value': 1, 'named-value': 1, 'url-password': 1 },
  });
  const again = await run('redact', bundle);
  expect(again).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('original-redacted.zip exists already; name another file with --out.'),
  });
}, 30_000);

test('what environments in the bundle say is secret is looked for in its logs; JSON stays JSON', async () => {
  const Env = ['IOTEDGE_DEVICEID=edge-device-1', 'DB_PASSWORD=swordfish-one', 'KEY_SECRET=edge-device-1'];
  const bundle = at('learned.zip');
  await writeZip(bundle, {
    'inspect/filter.json': JSON.stringify([{ Config: { Env } }]),
    'inspect/odd.json': '[null, {"Config":{"Env":5}}, {"Config":5}]',
    'logs/filter_log.txt': 'edge-device-1 says swordfish-one, customer C1234\n',
    'facts/x.json': JSON.stringify({ text: 'cut within password="hunter2', password: 12345678 }),
    'logs/C1234_log.txt': 'x\n',
  });
  expect(await run('redact', bundle, '--rule', 'customer=C[0-9]+')).toMatchObject({ code: 0, stderr: '' });
  const files = await unzip(await readFile(at('learned-redacted.zip')));
  expect(String(files.get('logs/filter_log.txt'))).toMatch(
    /^edge-device-1 says ‹secret:\w{12}›, customer ‹secret:\w{12}›\n$/,
  );
  expect(JSON.parse(String(files.get('facts/x.json')))).toEqual({
    text: expect.stringMatching(/^cut within password="‹secret:\w{12}›$/),
    password: expect.stringMatching(/^‹secret:\w{12}›$/),
  });
  // A colon is none in names of files of Windows.
  expect([...files.keys()].filter((name) => /[C:]\d|:/.test(name))).toEqual([]);
}, 30_000);

test('of a copy of a copy of ours no name stands twice', async () => {
  await writeZip(at('a.zip'), { 'redaction.json': '{}', 'manifest.json': '{}' });
  await run('redact', 'a.zip', '--out', 'b.zip');
  await run('redact', 'b.zip', '--out', 'c.zip');
  expect(await run('redact', 'c.zip', '--out', 'd.zip')).toMatchObject({ code: 0, stderr: '' });
  expect([...(await unzip(await readFile(at('d.zip')))).keys()].toSorted()).toEqual([
    'manifest.json',
    'redaction-of-copy-2.json',
    'redaction-of-copy-3.json',
    'redaction-of-copy.json',
    'redaction.json',
  ]);
}, 30_000);

test('the same key gives the same tokens; a copy of a copy stays as it is; rules of one’s own hold', async () => {
  const bundle = await originalBundle();
  const key = '0123456789abcdef'.repeat(4);
  await run('redact', bundle, '--out', 'a.zip', '--key', key);
  await run('redact', bundle, '--out', 'b.zip', '--key', key, '--rule', 'what=No (space) left');
  await run('redact', 'a.zip', '--out', 'c.zip');
  const log = async (name: string) => String((await unzip(await readFile(at(name)))).get('logs/edgeHub_log.txt'));
  const inspected = async (name: string) => String((await unzip(await readFile(at(name)))).get('inspect/edgeHub.json'));
  expect((await log('b.zip')).replace(/No ‹secret:\w+› left/, 'No space left')).toBe(await log('a.zip'));
  expect(await log('b.zip')).toMatch(/No ‹secret:[0-9a-f]{12}› left/);
  expect([await log('c.zip'), await inspected('c.zip')]).toEqual([await log('a.zip'), await inspected('a.zip')]);
}, 60_000);

test('what is no bundle, and what is wrong with a zip, is one sentence', async () => {
  await writeFile(at('text.zip'), 'no zip at all');
  await writeZip(at('other.zip'), { 'readme.md': 'x' });
  const whole = await readFile(await ownBundle());
  await writeFile(at('half.zip'), whole.subarray(0, whole.length - 200));
  // The name of the first file, in its place and in the directory.
  const evil = Buffer.from(
    whole.toString('latin1').replaceAll('logs/edgeHub_log.txt', '../../edgeHub_log.txt'.slice(0, 20)),
    'latin1',
  );
  await writeFile(at('evil.zip'), evil);
  const cases: readonly (readonly [string, RegExp])[] = [
    ['none.zip', /^none\.zip cannot be opened as a zip: there is no such file\.\n$/],
    ['text.zip', /^text\.zip cannot be opened as a zip: .*\.\n$/],
    ['half.zip', /^half\.zip cannot be opened as a zip: .*\.\n$/],
    ['other.zip', /^other\.zip is no support bundle: it has neither manifest\.json nor check\.json nor logs\.\n$/],
    ['evil.zip', /^evil\.zip cannot be used: .*\.\.\/\.\..*\.\n$/],
  ];
  for (const [name, message] of cases) {
    expect([name, await run('analyze', name)]).toEqual([
      name,
      { code: 1, stdout: '', stderr: expect.stringMatching(message) },
    ]);
  }
}, 60_000);

test('wrong usage says what is wrong, with the usage, and exit code 2', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /^Say what to do\.\n\nUsage: /],
    [['look'], /^There is no command "look"\./],
    [['analyze'], /^Name one bundle\./],
    [['analyze', 'a', '--now', 'then'], /^--now must be a time/],
    [['analyze', 'a', '--fail-on', 'info'], /^--fail-on must be error or warning/],
    [['redact', 'a', '--loud'], /^Unknown option '--loud'/],
  ];
  for (const [args, message] of cases) {
    expect(await run(...args)).toEqual({ code: 2, stdout: '', stderr: expect.stringMatching(message) });
  }
  expect(await run('--version')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  expect(await run('--help')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Usage: edge-support analyze/) });
}, 30_000);
