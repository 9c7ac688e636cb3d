import { createHash } from 'node:crypto';
import { SupportError } from '../../module/base/errors.ts';
import { writeBundle } from '../../module/bundle/bundle.ts';
import type { CollectContext, Collector, Entry } from '../../module/collectors/collector.ts';
import type { Manifest } from '../../module/report/manifest.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { environment, services } from '../support/services.ts';
import { unzip } from '../support/unzip.ts';

const docker = memoryDocker({});
const { redactor, world } = services({ docker });
const context: CollectContext = {
  ask: { edgeRuntimeOnly: false },
  docker,
  env: environment,
  world: world(),
  redactor,
  modules: async () => [],
};

const text = (...parts: readonly string[]) =>
  redactor.stream(
    (async function* () {
      for (const part of parts) yield Buffer.from(part);
    })(),
  );

const entry = (name: string, open: Entry['open']): Entry => ({ name, open });
const collector = (id: string, entries: Collector['entries'], timeoutSecs = 5): Collector => ({
  id,
  about: '',
  timeoutSecs,
  entries,
});

async function bundle(collectors: readonly Collector[], signal: AbortSignal = new AbortController().signal) {
  const parts: Uint8Array[] = [];
  const now = new Date('2026-01-02T03:04:05Z');
  for await (const part of writeBundle({ context, request: { since: '1h' }, version: '1', now, signal, collectors })) {
    parts.push(part);
  }
  const files = await unzip(Buffer.concat(parts));
  const manifest = JSON.parse(files.get('manifest.json')?.toString() ?? '') as Manifest;
  return { files, manifest, entries: Object.fromEntries(manifest.entries.map((one) => [one.name, one])) };
}

const good = collector('good', async () => [entry('good.txt', () => text('fine\n'))]);

test('a bundle holds every entry and a manifest with size, hash and status of each', async () => {
  const { files, manifest, entries } = await bundle([good]);
  expect([...files.keys()]).toEqual(['good.txt', 'manifest.json']);
  expect(files.get('good.txt')?.toString()).toBe('fine\n');
  expect(manifest).toMatchObject({
    device: 'device-1',
    createdAt: '2026-01-02T03:04:05.000Z',
    request: { since: '1h' },
  });
  expect(entries['good.txt']).toMatchObject({ collector: 'good', status: 'success', bytes: 5 });
  expect(entries['good.txt']?.sha256).toBe(createHash('sha256').update('fine\n').digest('hex'));
});

test('an entry that fails, at once or in the middle, is in the manifest, has an error file, and the rest goes on', async () => {
  const failing = collector('failing', async () => [
    entry('a/first.json', () => {
      throw new SupportError('unavailable', 'The engine is gone.');
    }),
    entry('a/second.txt', () =>
      redactor.stream(
        (async function* () {
          yield Buffer.from('half\n');
          throw new Error('broken in the middle');
        })(),
      ),
    ),
  ]);
  const { files, entries } = await bundle([failing, good]);
  expect(entries['a/first.json']).toMatchObject({ status: 'failed', bytes: 0, reason: 'The engine is gone.' });
  expect(entries['a/second.txt']).toMatchObject({ status: 'failed', bytes: 5, reason: 'broken in the middle' });
  expect(files.get('a/first_err.txt')?.toString()).toBe('The engine is gone.\n');
  expect(files.get('a/second.txt')?.toString()).toBe('half\n');
  expect(entries['good.txt']).toMatchObject({ status: 'success' });
});

test('an entry and a listing that hang are given up after their time', async () => {
  const never = new Promise<never>(() => undefined);
  const hanging = collector('hanging', async () => [entry('hang.txt', () => never)], 0.05);
  const hangingList = collector('hanging-list', () => never, 0.05);
  const { entries } = await bundle([hanging, hangingList, good]);
  expect(entries['hang.txt']).toMatchObject({ status: 'timeout' });
  expect(entries['hanging-list']).toMatchObject({ status: 'timeout' });
  expect(entries['good.txt']).toMatchObject({ status: 'success' });
});

test('calling off the collecting still gives a readable archive with a true manifest', async () => {
  const cancel = new AbortController();
  const cancelling = collector('cancelling', async () => [
    entry('c.txt', () => {
      cancel.abort();
      return text('x\n');
    }),
    entry('d.txt', () => text('y\n')),
  ]);
  const { entries } = await bundle([good, cancelling, good], cancel.signal);
  expect(entries['good.txt']).toBeDefined();
  expect(entries['d.txt']).toMatchObject({ status: 'canceled', bytes: 0 });
});

test('what a collector brings is redacted and counted', async () => {
  const telling = collector('telling', async () => [
    entry('t.txt', (_signal, { account }) =>
      redactor.stream(
        (async function* () {
          yield Buffer.from('https://u:hunter2@host/\n');
        })(),
        'all',
        account,
      ),
    ),
  ]);
  const { files, entries } = await bundle([telling]);
  expect(files.get('t.txt')?.toString()).not.toContain('hunter2');
  expect(entries['t.txt']).toMatchObject({ redacted: { 'url-password': 1 } });
});

test('a reader that stops early ends the collecting', async () => {
  let ended = false;
  const endless = collector('endless', async () => [
    entry('e.txt', () =>
      redactor.stream(
        (async function* () {
          try {
            for (;;) {
              yield Buffer.from(`${Math.random()}\n`.repeat(2000));
              await new Promise(setImmediate);
            }
          } finally {
            ended = true;
          }
        })(),
      ),
    ),
  ]);
  const signal = new AbortController().signal;
  for await (const _ of writeBundle({
    context,
    request: {},
    version: '1',
    now: new Date(),
    signal,
    collectors: [endless],
  }))
    break;
  for (let wait = 0; wait < 100 && !ended; wait += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(ended).toBe(true);
});
