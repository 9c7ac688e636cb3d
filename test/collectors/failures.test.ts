import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CollectContext } from '../../module/collectors/collector.ts';
import { failures } from '../../module/collectors/failures.ts';
import { Unavailable } from '../../module/facts/fact.ts';
import { createFailureShelf } from '../../module/storage/failures.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { environment, services } from '../support/services.ts';

const running = { state: 'running', startedAt: '2026-01-01T00:00:00Z' } as const;
const docker = memoryDocker({ a: { ...running }, b: { ...running } });
const { redactor, world } = services({ docker });
const signal = new AbortController().signal;

let dir: string;
let shelf: ReturnType<typeof createFailureShelf>;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'failures-'));
  shelf = createFailureShelf({ dataFolder: dir, most: () => 1e6, freeOn: async () => 1e9 });
  const body = () =>
    redactor.stream(
      (async function* () {
        yield Buffer.from('mail of op@example.com\n');
      })(),
      'all',
    );
  for (const module of ['a', 'b', 'gone']) await shelf.keep(module, new Date(0), [{ name: 'log.txt', body: body() }]);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const none = { log: () => [], tasks: () => [], audit: () => [], metrics: async () => '' };

const context = (more: Partial<CollectContext> = {}): CollectContext => ({
  ask: {},
  docker,
  env: environment,
  world: world(),
  redactor,
  scope: 'strict',
  modules: docker.modules,
  own: { ...none, failures: { kept: shelf.list, record: () => undefined } },
  watch: () => {
    throw new Error('not here');
  },
  ...more,
});
const names = async (more?: Partial<CollectContext>) =>
  (await failures.entries(context(more), signal)).map(({ name }) => name.replace('1970-01-01T00-00-00.000Z-', ''));

test('the newest come first, and what is known of the modules before them', async () => {
  expect(await names()).toEqual(['gone', 'b', 'a'].map((module) => `failures/${module}/log.txt`));
  const own = { ...none, failures: { kept: shelf.list, record: () => ({ since: 0, modules: {} }) } };
  expect((await names({ own }))[0]).toBe('failures/record.json');
  expect(await names({ own: none })).toEqual([]);
});

test('of modules that a bundle is not about there is nothing; one that is gone stays', async () => {
  const modules: CollectContext['modules'] = async (own) => (await docker.modules(own)).slice(0, 1);
  expect(await names({ modules })).toEqual(['failures/gone/log.txt', 'failures/a/log.txt']);
});

test('where the request wants none of the modules that there are, only those of modules that are no more are there', async () => {
  const modules = () => Promise.reject(new Unavailable('unknown', 'The request wants none of the modules.'));
  expect(await names({ modules })).toEqual(['failures/gone/log.txt']);
});

test('without an engine all are there', async () => {
  const modules = () => Promise.reject(new Error('The engine is gone.'));
  expect(await names({ modules })).toHaveLength(3);
});

test('in a bundle of limited size there are as many as have room', async () => {
  expect(await names({ logBytes: 2 * 4096 })).toEqual(['failures/gone/log.txt', 'failures/b/log.txt']);
});

test('the bundle’s own redaction passes over what was kept', async () => {
  const [entry] = await failures.entries(context(), signal);
  const account = new Map();
  const parts: Uint8Array[] = [];
  const body = await entry?.open(signal, { account, warnings: [] });
  for await (const part of body ?? []) parts.push(part);
  expect(Buffer.concat(parts).toString()).toMatch(/^mail of ‹secret:[0-9a-f]{12}›\n$/);
  expect(account.size).toBe(1);
});

test('one that made way meanwhile is skipped, and says so', async () => {
  const listed = await failures.entries(context(), signal);
  await rm(join(dir, 'failures'), { recursive: true });
  const read = async () => {
    for await (const _ of (await listed[0]?.open(signal, { account: new Map(), warnings: [] })) ?? []);
  };
  await expect(read()).rejects.toMatchObject({ name: 'Unavailable', message: 'It made way for newer ones meanwhile.' });
});
