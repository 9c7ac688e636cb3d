import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseMetrics, type Sample } from '../../module/facts/prometheus.ts';
import { createMetrics, type MetricsSources } from '../../module/metrics/metrics.ts';
import { createTally } from '../../module/metrics/tally.ts';
import { createRedactor } from '../../module/redact/redact.ts';

const common = ['iothub', 'edge_device', 'instance_number', 'module_name'];

function create(sources: Partial<MetricsSources> = {}) {
  return createMetrics({
    iothubHostname: 'hub.example',
    deviceId: 'device-1',
    moduleId: 'edgeSupport',
    version: '1.2.3',
    sources: { runningTasks: () => [], spoolBytes: async () => 0, redactions: () => new Map(), ...sources },
  });
}

/** Metrics of which every one has a value. */
function inUse() {
  const metrics = create({
    runningTasks: () => ['RunCheck', 'UploadModuleLogs', 'RunCheck'],
    spoolBytes: async () => 4096,
    redactions: () => new Map([['known-secret', 7]]),
  });
  metrics.called('Ping', 200, 0.02);
  metrics.called('unknown', 400, 0.001);
  metrics.task('RunCheck', 'Started');
  metrics.task('RunCheck', 'Completed');
  metrics.collected(1000);
  metrics.uploaded(600);
  metrics.uploaded(400);
  metrics.delivered('uploaded');
  metrics.channel('connecting', 'edgeHub');
  metrics.channel('open', 'edgeHub');
  metrics.channelEnded('edgeHub', 'lost');
  metrics.checked([
    { id: 'disk-space', outcome: 'ok' },
    { id: 'hostname', outcome: 'error' },
  ]);
  return metrics;
}

/** The values by name and labels, those that every series has left out. */
async function values(metrics: ReturnType<typeof create>): Promise<Readonly<Record<string, number>>> {
  const own = ({ name, labels }: Sample) => {
    const rest = Object.entries(labels).filter(([label]) => !common.includes(label));
    return [name, ...rest.map(([label, value]) => `${label}=${value}`)].join(' ');
  };
  return Object.fromEntries(parseMetrics(await metrics.text()).map((sample) => [own(sample), sample.value]));
}

test('what the parts tell is on the page', async () => {
  const found = await values(inUse());
  expect(found).toMatchObject({
    'edge_support_method_calls_total method=Ping status=200': 1,
    'edge_support_method_calls_total method=unknown status=400': 1,
    'edge_support_method_duration_seconds_bucket le=0.01 method=Ping': 0,
    'edge_support_method_duration_seconds_bucket le=0.1 method=Ping': 1,
    'edge_support_method_duration_seconds_count method=Ping': 1,
    'edge_support_method_duration_seconds_sum method=Ping': 0.02,
    'edge_support_tasks_started_total method=RunCheck': 1,
    'edge_support_tasks_ended_total method=RunCheck status=Completed': 1,
    'edge_support_tasks_running method=RunCheck': 2,
    'edge_support_tasks_running method=UploadModuleLogs': 1,
    edge_support_collected_bytes_total: 1000,
    edge_support_uploaded_bytes_total: 1000,
    'edge_support_uploads_total outcome=uploaded': 1,
    edge_support_spool_bytes: 4096,
    'edge_support_channel_state state=open': 1,
    'edge_support_channel_state state=connecting': 0,
    'edge_support_channel_via via=edgeHub': 1,
    'edge_support_channel_via via=direct': 0,
    'edge_support_channel_opened_total via=edgeHub': 1,
    'edge_support_channel_ended_total via=edgeHub reason=lost': 1,
    'edge_support_redactions_total rule=known-secret': 7,
    'edge_support_check_result check=hostname result=error': 1,
    'edge_support_check_results_total result=ok': 1,
    [`edge_support_build_info version=1.2.3 node_version=${process.versions.node}`]: 1,
  });
  const now = Date.now() / 1000;
  expect(Math.abs((found['edge_support_last_upload_timestamp_seconds'] ?? 0) - now)).toBeLessThan(10);
  expect(found['process_start_time_seconds']).toBeGreaterThan(now - 3600);
  expect(found['process_resident_memory_bytes']).toBeGreaterThan(10e6);
  expect(found['process_cpu_seconds_total']).toBeGreaterThan(0);
});

test('a check has one result, the newest, and what other runs found of other checks stays', async () => {
  const metrics = inUse();
  metrics.checked([{ id: 'hostname', outcome: 'ok' }]);
  const found = await values(metrics);
  const results = Object.keys(found).filter((name) => name.startsWith('edge_support_check_result '));
  expect(results.sort()).toEqual([
    'edge_support_check_result check=disk-space result=ok',
    'edge_support_check_result check=hostname result=ok',
  ]);
  expect(found['edge_support_check_results_total result=ok']).toBe(2);
});

test('tasks that run no more are no more on the page, and asking twice counts nothing twice', async () => {
  let running = ['RunCheck'];
  const metrics = create({ runningTasks: () => running, redactions: () => new Map([['pem', 3]]) });
  expect(await values(metrics)).toMatchObject({ 'edge_support_tasks_running method=RunCheck': 1 });
  running = [];
  const found = await values(metrics);
  expect(found).not.toHaveProperty(['edge_support_tasks_running method=RunCheck']);
  expect(found['edge_support_redactions_total rule=pem']).toBe(3);
  expect(found['process_cpu_seconds_total']).toBeLessThan(process.cpuUsage().user);
});

test('a spool that cannot be read, or hangs, is NaN and takes nothing else with it', async () => {
  for (const spoolBytes of [() => Promise.reject(new Error('EIO')), () => new Promise<number>(() => undefined)]) {
    const text = await create({ spoolBytes }).text();
    expect(text).toMatch(/^edge_support_spool_bytes\{.*\} Nan$/im);
    expect(text).toContain('edge_support_build_info{');
  }
});

test('every series has the labels of edgeHub’s, and nothing else than names', async () => {
  const samples = parseMetrics(await inUse().text());
  for (const { labels } of samples) {
    expect(labels).toMatchObject({ iothub: 'hub.example', edge_device: 'device-1', module_name: 'edgeSupport' });
    expect(labels['instance_number']).toMatch(/^[0-9a-f-]{36}$/);
    for (const value of Object.values(labels)) expect(value).toMatch(/^[\w.+-]{1,64}$/);
  }
  const other = parseMetrics(await create().text());
  expect(other[0]?.labels['instance_number']).not.toBe(samples[0]?.labels['instance_number']);
});

test('what redaction takes out is counted by rule, also in what knows more secrets for a while', () => {
  const tally = createTally(10);
  const redactor = createRedactor({ key: Buffer.alloc(32), known: () => ['hunter2hunter2'], counted: tally.add });
  redactor.text('a hunter2hunter2 b hunter2hunter2');
  redactor.json({ a: ['hunter2hunter2'] });
  redactor.with(['swordfish9']).text('swordfish9');
  expect(tally.counts().get('known-secret')).toBe(4);
});

test('of names there are only so many', () => {
  const tally = createTally(2);
  for (const name of ['a', 'b', 'c', 'a', 'd', 'b']) tally.add(name);
  expect([...tally.counts()]).toEqual([
    ['a', 2],
    ['b', 2],
    ['other', 2],
  ]);
});

/** Prometheus' rules ("Metric and label naming"): counters end in _total, units are base units and come last. */
test('names and types are as Prometheus wants them', async () => {
  for (const { name, type, help } of await families()) {
    expect(name).toMatch(/^(?:edge_support|process)_[a-z_]+$/);
    expect({ name, total: name.endsWith('_total') }).toEqual({ name, total: type === 'counter' });
    expect(name).not.toMatch(/_(?:ms|milliseconds|kilobytes|megabytes|minutes|percent)(?:_|$)/);
    expect(help).toMatch(/^[A-Z1].*\.$|^1 for .*\.$/);
  }
});

/** The metrics as a page in use shows them. */
async function families() {
  const text = await inUse().text();
  const samples = parseMetrics(text);
  return [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(([, name = '', help = '', type = '']) => {
    const own = samples.filter(
      (sample) => sample.name.replace(/_(?:bucket|sum|count)$/, '') === name || sample.name === name,
    );
    expect({ name, samples: own.length }).not.toEqual({ name, samples: 0 });
    const labels = new Set(own.flatMap((sample) => Object.keys(sample.labels)));
    return { name, type, help, labels: [...labels].filter((label) => !common.includes(label) && label !== 'le') };
  });
}

const file = join(import.meta.dirname, '../../docs/metrics.md');
const [begin, end] = ['<!-- metrics: made by the tests, UPDATE_DOCS=1 writes them -->', '<!-- end of metrics -->'];

test('docs/metrics.md has every metric as the page has it', async () => {
  const rows = (await families()).map(
    ({ name, type, help, labels }) =>
      `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(', ')} | ${help} |`,
  );
  const table = ['| metric | type | labels | meaning |', '|---|---|---|---|', ...rows].join('\n');
  const text = readFileSync(file, 'utf8');
  const [before, rest = ''] = text.split(`${begin}\n`);
  const wanted = `${before}${begin}\n\n${table}\n\n${rest.slice(rest.indexOf(end))}`;
  if (process.env.UPDATE_DOCS === '1') writeFileSync(file, wanted);
  else expect(text).toBe(wanted);
});
