import { SupportError } from '../../module/base/errors.ts';
import { bundleCollectors, writeBundle } from '../../module/bundle/bundle.ts';
import type { BundleContext, Collector } from '../../module/collectors/collector.ts';
import type { Docker } from '../../module/docker/docker.ts';
import type { Manifest } from '../../module/report/manifest.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { environment, services } from '../support/services.ts';
import { unzip } from '../support/unzip.ts';

const container = (log: string) => ({ state: 'running' as const, startedAt: '2026-01-01T00:00:00Z', log });
const healthy: Docker = {
  ...memoryDocker({ edgeHub: container('hub\n'), filter: container('filter\n') }),
  info: async () => ({ name: 'x', dockerRootDir: '/x', raw: {} }) as never,
  events: async () => [],
  report: async (what) => ({ what }),
  rawStats: async () => ({}),
};

/** A device's collectors with little time, over this engine. */
async function bundle(docker: Docker, change: (collector: Collector) => Collector = (one) => one) {
  const { redactor } = services({ docker });
  const world = { docker, env: environment, now: () => new Date() };
  const context: BundleContext = {
    ask: {},
    docker,
    env: environment,
    world,
    redactor,
    scope: 'all',
    modules: docker.modules,
    own: { log: () => ['line\n'], tasks: () => [], audit: () => [], metrics: async () => '' },
  };
  const collectors = bundleCollectors(() => undefined)
    // What the checks make of a broken engine is tested with them; here they would only take their time.
    .map((one) => (one.id === 'checks' ? { ...one, entries: async () => [] } : one))
    .map((one) => change({ ...one, timeoutSecs: 0.1 }));
  const parts: Uint8Array[] = [];
  const { signal } = new AbortController();
  const options = { context, request: {}, version: '1', now: new Date(), signal, collectors, learnMs: 100 };
  for await (const part of writeBundle(options)) parts.push(part);
  const files = await unzip(Buffer.concat(parts));
  const { entries } = JSON.parse(String(files.get('manifest.json'))) as Manifest;
  // Whatever happened, the manifest is true.
  for (const { name, bytes, status } of entries) {
    if (files.has(name)) expect([name, files.get(name)?.length]).toEqual([name, bytes]);
    else expect([name, bytes, status === 'success']).toEqual([name, 0, false]);
  }
  const told = new Set(entries.map(({ name }) => name));
  expect([...files.keys()].filter((name) => !told.has(name) && !/^manifest\.json$|_err\.txt$/.test(name))).toEqual([]);
  return { files, entries };
}

const ids = bundleCollectors(() => undefined).map(({ id }) => id);
const hang = () => new Promise<never>(() => undefined);
const fail = () => Promise.reject(new SupportError('unavailable', 'The engine is gone.'));

test.each(ids)(
  '%s fails or hangs, at its list and at each file: every other collector’s files are there',
  async (id) => {
    const sound = await bundle(healthy);
    const others = sound.entries.filter(
      ({ collector, status }) => collector !== id && collector !== 'checks' && status === 'success',
    );
    const faults: readonly ((one: Collector) => Collector)[] = [
      (one) => ({ ...one, entries: fail }),
      (one) => ({ ...one, entries: hang }),
      (one) => ({ ...one, entries: async () => [{ name: 'its/file.txt', open: fail }] }),
      (one) => ({ ...one, entries: async () => [{ name: 'its/file.txt', open: hang }] }),
    ];
    for (const fault of faults) {
      const { entries } = await bundle(healthy, (one) => (one.id === id ? fault(one) : one));
      const whole = entries.filter(({ status }) => status === 'success').map(({ name }) => name);
      expect(others.map(({ name }) => name).filter((name) => !whole.includes(name))).toEqual([]);
      expect(entries.filter(({ collector }) => collector === id)).toEqual([
        expect.objectContaining({ status: expect.stringMatching(/^(failed|timeout)$/), bytes: 0 }),
      ]);
    }
  },
);

const verbs = [
  'modules',
  'inspect',
  'logs',
  'networks',
  'network',
  'events',
  'report',
  'rawStats',
  'info',
  'version',
] as const;

test.each(verbs)('the engine fails or hangs at %s: a readable zip with a true manifest', async (verb) => {
  for (const fault of [fail, hang]) {
    const { files } = await bundle({ ...healthy, [verb]: fault });
    expect(files.get('edge-support/log.txt')?.toString()).toBe('line\n');
  }
});

test('the engine dies in the middle: what was read until then is there, the rest says why', async () => {
  let calls = 0;
  const dying: Docker = {
    ...healthy,
    logs: async (name, query, signal) => {
      calls += 1;
      if (calls > 1) return fail();
      return healthy.logs(name, query, signal);
    },
  };
  const { files, entries } = await bundle(dying);
  const logs = entries.filter(({ collector }) => collector === 'module-logs');
  expect(logs.map(({ status }) => status).sort()).toEqual(['failed', 'success']);
  const failed = logs.find(({ status }) => status === 'failed')?.name ?? '';
  expect(files.get(failed.replace('.txt', '_err.txt'))?.toString()).toBe('The engine is gone.\n');
});
