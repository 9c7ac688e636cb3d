import { once } from 'node:events';
import { Writable } from 'node:stream';
import type Docker from 'dockerode';
import { parseMetrics, type Sample } from '../../module/facts/prometheus.ts';
import { simLabel } from '../../sim/engine.ts';
import { waitFor } from '../../sim/wait.ts';
import { bundleOf } from '../bundle/support/bundle-of.ts';
import { startCompleteEdge } from '../faults/edge.ts';
import type { CompleteEdge } from '../faults/state.ts';

/*
 * The module's image on the device: scraped by its name from another module's container, as the metrics collector does
 * it, and called through the real service SDK.
 */

let edge: CompleteEdge;
let collector: Docker.Container;
beforeAll(async () => {
  edge = await startCompleteEdge();
  collector = await startCollector();
}, 90_000);
afterAll(() => edge?.stop(), 30_000);

const soon = { limitMs: 10_000, everyMs: 100 };

/** A neighbour on the modules' network. Of the images there are ours has a program that can look up names. */
async function startCollector(): Promise<Docker.Container> {
  const { docker, runId, edge: own } = edge.engine;
  const { Image } = await docker.getContainer(edge.moduleId).inspect();
  const container = await docker.createContainer({
    name: 'collector',
    Image,
    Cmd: ['node', '-e', 'setInterval(() => {}, 1e6)'],
    Labels: { [simLabel]: runId },
    HostConfig: { NetworkMode: own.network },
  });
  await container.start();
  return container;
}

const get = 'fetch(process.argv[1]).then((page) => page.text()).then((text) => process.stdout.write(text))';

/** The page, as the neighbour gets it; rejects with what went wrong. */
async function scrape(port = 9600): Promise<string> {
  const url = `http://${edge.moduleId}:${port}/metrics`;
  const exec = await collector.exec({ Cmd: ['node', '-e', get, url], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({ hijack: true });
  const parts: Record<'out' | 'err', string> = { out: '', err: '' };
  const to = (name: 'out' | 'err') =>
    new Writable({
      write(part, _, done) {
        parts[name] += String(part);
        done();
      },
    });
  edge.engine.docker.modem.demuxStream(stream, to('out'), to('err'));
  await once(stream, 'end');
  const ended = async () => {
    const { Running, ExitCode } = await exec.inspect();
    return Running ? undefined : { ExitCode };
  };
  const { ExitCode } = await waitFor('the scrape to end', ended, soon);
  if (ExitCode !== 0) throw new Error(`It ended with ${ExitCode}: ${parts.err}`);
  return parts.out;
}

const samples = async () => parseMetrics(await scrape());
const sum = (found: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}) =>
  found
    .filter((one) => one.name === name && Object.entries(labels).every(([label, value]) => one.labels[label] === value))
    .reduce((total, { value }) => total + value, 0);

test('a neighbour scrapes the page, and counters move with what was called', async () => {
  const before = await samples();
  expect(before.length).toBeGreaterThan(20);
  for (const { labels } of before)
    expect(labels).toMatchObject({
      iothub: expect.stringMatching(/./),
      edge_device: 'edge-device-1',
      instance_number: before[0]?.labels['instance_number'],
      module_name: edge.moduleId,
    });
  expect(sum(before, 'edge_support_channel_state', { state: 'open' })).toBe(1);
  expect(sum(before, 'edge_support_channel_via', { via: 'edgeHub' })).toBe(1);
  await edge.invoke('Ping');
  await edge.invoke('ping');
  await edge.invoke('DoMagic-4711', {});
  await edge.invoke('RunCheck', { checks: ['container-engine-uri', 'hostname'] }, { timeoutSecs: 60 });
  const after = await samples();
  const moved = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    sum(after, name, labels) - sum(before, name, labels);
  expect(moved('edge_support_method_calls_total', { method: 'Ping', status: '200' })).toBe(2);
  expect(moved('edge_support_method_calls_total', { method: 'unknown', status: '400' })).toBe(1);
  expect(JSON.stringify(after)).not.toContain('4711');
  expect(moved('edge_support_method_duration_seconds_count', { method: 'RunCheck' })).toBe(1);
  expect(moved('edge_support_check_results_total')).toBe(2);
  expect(sum(after, 'edge_support_check_result', { check: 'container-engine-uri', result: 'ok' })).toBe(1);
  expect(sum(after, 'process_resident_memory_bytes')).toBeGreaterThan(30e6);
}, 60_000);

test('a bundle is counted as a task, in bytes and as an upload, and has the metrics in it', async () => {
  const before = await samples();
  edge.hub.patchDesired(edge.moduleId, { redactionRules: ['greeting=Initializing Edge Agent'] });
  const { bytes, text, manifest } = await bundleOf(edge, { edgeRuntimeOnly: true });
  const page = text(`metrics/${edge.moduleId}.txt`);
  expect(sum(parseMetrics(page), 'edge_support_tasks_running', { method: 'UploadSupportBundle' })).toBe(1);
  expect(manifest.entries.find(({ name }) => name === `metrics/${edge.moduleId}.txt`)).toMatchObject({
    status: 'success',
  });
  const after = await samples();
  const moved = (name: string, labels: Readonly<Record<string, string>> = {}) =>
    sum(after, name, labels) - sum(before, name, labels);
  expect(moved('edge_support_tasks_started_total', { method: 'UploadSupportBundle' })).toBe(1);
  expect(moved('edge_support_tasks_ended_total', { method: 'UploadSupportBundle', status: 'Completed' })).toBe(1);
  expect(moved('edge_support_collected_bytes_total')).toBe(bytes.length);
  expect(moved('edge_support_uploaded_bytes_total')).toBeGreaterThanOrEqual(bytes.length);
  expect(moved('edge_support_uploads_total', { outcome: 'uploaded' })).toBe(1);
  const greetings = manifest.entries.reduce((total, { redacted }) => total + (redacted?.['greeting'] ?? 0), 0);
  expect(greetings).toBeGreaterThan(0);
  expect(moved('edge_support_redactions_total', { rule: 'greeting' })).toBe(greetings);
  edge.hub.patchDesired(edge.moduleId, { redactionRules: null });
  const uploadedAt = sum(after, 'edge_support_last_upload_timestamp_seconds');
  expect(Math.abs(uploadedAt - Date.now() / 1000)).toBeLessThan(120);
}, 90_000);

test('GetMetrics returns our own; another port is taken from the twin, and a bad one is refused by name', async () => {
  const ours = async () => {
    const { payload } = await edge.invoke('GetMetrics', { ids: [edge.moduleId], filter: 'build_info', output: 'json' });
    const { metrics } = payload as { metrics: Record<string, { metrics: readonly Sample[] }> };
    return metrics[edge.moduleId]?.metrics.map(({ name }) => name);
  };
  expect(await ours()).toEqual(['edge_support_build_info']);
  edge.hub.patchDesired(edge.moduleId, { metrics: { port: 9700 } });
  await waitFor('the other port', () => scrape(9700).catch(() => undefined), soon);
  await expect(scrape(9600)).rejects.toThrow(/ECONNREFUSED/);
  expect(await ours()).toEqual(['edge_support_build_info']);
  edge.hub.patchDesired(edge.moduleId, { metrics: { port: 'many' } });
  await waitFor('the usual port', () => scrape(9600).catch(() => undefined), soon);
  const refusal = () => {
    const { settings } = edge.hub.twin(edge.moduleId).reported as { settings?: { refused?: Record<string, string> } };
    return settings?.refused?.['metrics/port'];
  };
  expect(await waitFor('the refusal', refusal, soon)).toMatch(/^metrics\.port must be an integer, got "many"/);
  edge.hub.patchDesired(edge.moduleId, { metrics: null });
}, 60_000);

test('too many calls are a 429 that says when, until the owner allows more', async () => {
  const list = () => edge.invoke('ListTasks', {});
  expect((await list()).status).toBe(200);
  edge.hub.patchDesired(edge.moduleId, { policy: { callsPerMinute: ['ListTasks=2', 'ListTask=5'] } });
  const refused = await waitFor(
    'a refusal',
    async () => {
      const answer = await list();
      return answer.status === 429 ? answer : undefined;
    },
    soon,
  );
  expect(refused).toEqual({
    status: 429,
    payload: {
      message: expect.stringMatching(
        /^ListTasks may be called 2 times a minute; it may be called again in (?:[12]?\d|30) s \(setting policy\.callsPerMinute, environment variable EDGE_SUPPORT_CALLS_PER_MINUTE\)\.$/,
      ),
    },
  });
  // Other methods have buckets of their own.
  expect((await edge.invoke('ListChecks', {})).status).toBe(200);
  expect(sum(await samples(), 'edge_support_method_calls_total', { method: 'ListTasks', status: '429' })).toBe(1);
  const told = () => {
    const { settings } = edge.hub.twin(edge.moduleId).reported as { settings?: { refused?: Record<string, string> } };
    return settings?.refused?.['policy/callsPerMinute'];
  };
  expect(await waitFor('the misspelt name', told, soon)).toBe(
    'policy.callsPerMinute names ListTask, which is no method (did you mean ListTasks?).',
  );
  edge.hub.patchDesired(edge.moduleId, { policy: null });
  await waitFor('more to be allowed', async () => ((await list()).status === 200 ? true : undefined), soon);
}, 60_000);
