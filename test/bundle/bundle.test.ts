import { createHash, randomBytes } from 'node:crypto';
import { SupportError } from '../../module/base/errors.ts';
import { writeBundle } from '../../module/bundle/bundle.ts';
import type { BundleContext, Collector, Entry } from '../../module/collectors/collector.ts';
import { jsonBody, textBody } from '../../module/collectors/json.ts';
import { moduleLogs } from '../../module/collectors/module-logs.ts';
import { Unavailable } from '../../module/facts/fact.ts';
import { readCustomRules } from '../../module/redact/custom.ts';
import { createRedactor } from '../../module/redact/redact.ts';
import type { Manifest } from '../../module/report/manifest.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { environment, services } from '../support/services.ts';
import { unzip } from '../support/unzip.ts';

const docker = memoryDocker({});
const { redactor, world } = services({ docker });
const context: BundleContext = {
  ask: {},
  docker,
  env: environment,
  world: world(),
  redactor,
  scope: 'all',
  modules: async () => [],
  own: { log: () => [], tasks: () => [], audit: () => [], metrics: async () => '' },
};

const text = (...parts: readonly string[]) =>
  redactor.stream(
    (async function* () {
      for (const part of parts) yield Buffer.from(part);
    })(),
  );

const entry = (name: string, open: Entry['open']): Entry => ({ name, open });
const collector = (
  id: string,
  entries: Collector['entries'],
  timeoutSecs = 5,
  maxBytes = Number.POSITIVE_INFINITY,
): Collector => ({ id, about: '', timeoutSecs, maxBytes, usualBytes: 1, entries });

const never = new AbortController().signal;

async function bundle(collectors: readonly Collector[], more: Partial<Parameters<typeof writeBundle>[0]> = {}) {
  const parts: Uint8Array[] = [];
  const now = new Date('2026-01-02T03:04:05Z');
  const options = { context, request: { since: '1h' }, version: '1', now, signal: never, collectors, ...more };
  for await (const part of writeBundle(options)) parts.push(part);
  const files = await unzip(Buffer.concat(parts));
  const manifest = JSON.parse(files.get('manifest.json')?.toString() ?? '') as Manifest;
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  return { bytes, files, manifest, entries: Object.fromEntries(manifest.entries.map((one) => [one.name, one])) };
}

/** What every bundle says by itself. */
const conclusion = ['facts/logStatistics.json', 'redaction.json', 'findings.json', 'report.html'];

const good = collector('good', async () => [entry('good.txt', () => text('fine\n'))]);

test('a bundle holds every entry and a manifest with size, hash and status of each', async () => {
  const { files, manifest, entries } = await bundle([good]);
  expect([...files.keys()]).toEqual(['good.txt', ...conclusion, 'manifest.json']);
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
  const hang = new Promise<never>(() => undefined);
  const hanging = collector('hanging', async () => [entry('hang.txt', () => hang)], 0.05);
  const hangingList = collector('hanging-list', () => hang, 0.05);
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
  const { entries } = await bundle([good, cancelling, good], { signal: cancel.signal });
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

const random = (bytes: number) =>
  redactor.stream(
    (async function* () {
      for (let left = bytes; left > 0; left -= 50_000) {
        // Lines that hold no secret and do not compress.
        yield Buffer.from(`${randomBytes(Math.min(left, 50_000) / 2).toString('hex')}\n`);
        await new Promise(setImmediate);
      }
    })(),
  );

test('two collectors are at work at a time: one that takes its time holds nobody up, and files do not mix', async () => {
  const order: string[] = [];
  const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
  const slow = collector('slow', async () => {
    await entered;
    return [entry('slow.txt', () => text('slow\n'))];
  });
  const large = Array.from({ length: 3 }, (_, at) =>
    collector(`large-${at}`, async () => [
      entry(`large-${at}.txt`, () => text(...Array(200).fill(`${String(at).repeat(5000)}\n`))),
    ]),
  );
  const last = collector('last', async () => {
    enter();
    return [entry('last.txt', () => text('last\n'))];
  });
  const { files } = await bundle([slow, ...large, last], { onEntry: (name) => order.push(name) });
  expect(order.indexOf('slow.txt')).toBeGreaterThan(order.indexOf('large-2.txt'));
  for (const [at] of large.entries()) {
    expect(files.get(`large-${at}.txt`)?.toString().replaceAll('\n', '')).toBe(`${at}`.repeat(1_000_000));
  }
});

test('what is not allowed or not there is skipped: no file, and its reason in the manifest', async () => {
  const denied = collector('denied', async () => [
    entry('d.txt', () => Promise.reject(new Unavailable('host-access-off', 'The policy forbids it.'))),
  ]);
  const none = collector('none', () => Promise.reject(new Unavailable('mount-missing', 'The host has no /etc/aziot.')));
  const { files, entries } = await bundle([denied, none, good]);
  expect([...files.keys()].sort()).toEqual(['good.txt', ...conclusion, 'manifest.json'].sort());
  expect(entries['d.txt']).toMatchObject({ status: 'skipped', bytes: 0, reason: 'The policy forbids it.' });
  expect(entries['none']).toMatchObject({ status: 'skipped', reason: 'The host has no /etc/aziot.' });
});

test('an entry is cut at its collector’s size', async () => {
  const wide = collector('wide', async () => [entry('w.txt', () => random(3 << 20))], 5, 1 << 20);
  const { files, entries } = await bundle([wide, good]);
  expect(entries['w.txt']).toMatchObject({ status: 'partial', reason: 'It was cut at 1 MB.' });
  expect(files.get('w.txt')?.length).toBe(entries['w.txt']?.bytes);
  expect(entries['w.txt']?.bytes).toBeLessThan((1 << 20) + 200_000);
});

test('a text or a JSON that is made in one piece is cut at its collector’s size, too', async () => {
  const lines = Array.from({ length: 60_000 }, (_, at) => `an ordinary line ${at}`);
  const by = { redactor, scope: 'all' } as const;
  const large = collector(
    'large',
    async () => [
      entry('large.txt', (_, notes) => textBody(lines.join('\n'), by, notes)),
      entry('large.json', (_, notes) => jsonBody(lines, by, notes)),
    ],
    5,
    1 << 20,
  );
  const { entries } = await bundle([large, good]);
  for (const name of ['large.txt', 'large.json']) {
    expect(entries[name]).toMatchObject({ status: 'partial', reason: 'It was cut at 1 MB.' });
    expect(entries[name]?.bytes).toBeLessThan((1 << 20) + 100_000);
  }
});

test('a bundle keeps to maxBytes: what has begun is cut, the rest is left out, and the manifest says so', async () => {
  const wide = (at: number) => collector(`wide-${at}`, async () => [entry(`w-${at}.txt`, () => random(6 << 20))]);
  const { bytes, files, entries } = await bundle([good, wide(0), wide(1), wide(2)], { maxBytes: 2_000_000 });
  expect(bytes).toBeLessThanOrEqual(2_000_000);
  expect(bytes).toBeGreaterThan(1_500_000);
  expect(entries['good.txt']).toMatchObject({ status: 'success' });
  expect(entries['w-0.txt']).toMatchObject({ status: 'partial', reason: expect.stringContaining('maxBytes') });
  expect(entries['w-2.txt']).toMatchObject({
    status: 'skipped',
    bytes: 0,
    reason: expect.stringContaining('maxBytes'),
  });
  expect(files.has('w-2.txt')).toBe(false);
});

test('only the collectors that are wanted are asked', async () => {
  const other = collector('other', () => Promise.reject(new Error('not to be asked')));
  const { manifest } = await bundle([good, other], { wanted: (id) => id === 'good' });
  expect(manifest.entries.map(({ collector: id }) => id)).toEqual(['good', ...conclusion.map(() => 'conclusion')]);
});

test('the manifest says whose bundle it is, of which time, and how it was made', async () => {
  const { manifest } = await bundle([good], {
    caseId: 'CS-1',
    context: { ...context, ask: { since: 1_767_225_600, until: 1_767_312_000 } },
  });
  expect(manifest).toMatchObject({
    schema: 'edge-support-bundle/1',
    caseId: 'CS-1',
    window: { since: '2026-01-01T00:00:00.000Z', until: '2026-01-02T00:00:00.000Z' },
    redaction: 'all',
    seconds: expect.any(Number),
  });
});

test('where modules’ secrets could not be learned the manifest says so', async () => {
  const deaf = { ...docker, modules: () => Promise.reject(new SupportError('unavailable', 'The engine is gone.')) };
  const { entries } = await bundle([good], { context: { ...context, docker: deaf } });
  expect(entries['learn-secrets']).toMatchObject({ status: 'partial', reason: expect.stringContaining('is gone.') });
});

test('names lead nowhere else, none stands twice, and the manifest has them as the archive has', async () => {
  const names = [
    'n/../../../etc/x.json',
    'n/a\\b.json',
    'n/x.json',
    'n/x.json',
    '/abs.json',
    'C:/x.json',
    'n/.. /y.json',
  ];
  const named = collector('named', async () => [
    ...names.map((name) => entry(name, () => text('fine\n'))),
    entry('../gone\u202e.json', () => Promise.reject(new Error('gone'))),
  ]);
  const { files, manifest } = await bundle([named]);
  const own = manifest.entries.filter(({ collector: id }) => id === 'named').map(({ name }) => name);
  expect(own.slice(0, -1)).toEqual([
    'n/_/_/_/etc/x.json',
    'n/a_b.json',
    'n/x.json',
    'n/x-2.json',
    '_/abs.json',
    'C_/x.json',
    'n/_/y.json',
  ]);
  expect([...files.keys()].slice(0, own.length)).toEqual([...own.slice(0, -1), '_/gone__err.txt']);
});

test('what the owner’s rules take out is in no name of the archive; links to logs fit the names', async () => {
  const { rules } = readCustomRules(['customer=acme[0-9]+']);
  const owners = createRedactor({ key: Buffer.alloc(32), known: () => [], custom: () => rules });
  const logs = ['acme12-reader', 'acme34-reader'];
  const device = memoryDocker(
    Object.fromEntries(
      logs.map((name) => [name, { state: 'running' as const, startedAt: '2026-01-01T00:00:00Z', log: 'x\n' }]),
    ),
  );
  const own = { ...context, docker: device, modules: device.modules, redactor: owners };
  const parts: Uint8Array[] = [];
  const options = { request: {}, version: '1', now: new Date(), signal: never, collectors: [moduleLogs] };
  for await (const part of writeBundle({ ...options, context: own })) parts.push(part);
  const files = await unzip(Buffer.concat(parts));
  expect(Buffer.concat([...parts, ...files.values()]).includes('acme')).toBe(false);
  const read = JSON.parse(String(files.get('facts/logStatistics.json')));
  const told = Object.values(read.value.modules as Record<string, { readonly file: string }>).map(({ file }) => file);
  expect(told).toHaveLength(2);
  expect(told.filter((file) => !files.has(file))).toEqual([]);
});
