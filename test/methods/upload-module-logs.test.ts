import { gunzipSync } from 'node:zlib';
import { SupportError } from '../../module/base/errors.ts';
import type { Docker } from '../../module/docker/docker.ts';
import { dispatch } from '../../module/methods/index.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { type MemoryStorage, memoryStorage } from '../support/memory-storage.ts';
import { services } from '../support/services.ts';

const running = { state: 'running' as const, startedAt: '' };
const request = { schemaVersion: '1.0', sasUrl: 'https://a/c?sig=x', encoding: 'gzip', contentType: 'text' };

interface TaskAnswer {
  readonly status: string;
  readonly message: string;
  readonly correlationId: string;
  readonly results?: readonly Record<string, unknown>[];
}

/** A storage that notes how many archives are being made at a time. */
function countingStorage() {
  const now = { running: 0, most: 0 };
  const storage = memoryStorage(async () => {
    now.running += 1;
    now.most = Math.max(now.most, now.running);
    await new Promise((resolve) => setTimeout(resolve, 10));
    now.running -= 1;
  });
  return { storage, blobs: storage.blobs, now };
}

async function upload(docker: Docker, body: object, storage: MemoryStorage) {
  const own = services({ docker, storage });
  const payload = Buffer.from(JSON.stringify({ ...request, ...body }));
  const answer = await dispatch({ name: 'UploadModuleLogs', payload }, own);
  if (answer.status !== 200 || !('correlationId' in (answer.body as object))) return { answer, task: undefined };
  const { correlationId } = answer.body as TaskAnswer;
  for (;;) {
    const task = own.tasks.status(correlationId) as TaskAnswer;
    if (task.status !== 'Running') return { answer, task };
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const logs = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, { ...running, log: `${name}\n` }]));

test('all selected modules are uploaded, at most two at a time, each with a result of its own', async () => {
  const { storage, blobs, now } = countingStorage();
  const { task } = await upload(memoryDocker(logs), { items: { id: 'all' } }, storage);
  expect(task).toMatchObject({ status: 'Completed', message: '' });
  expect(now.most).toBe(2);
  expect(blobs.size).toBe(4);
  for (const result of task?.results ?? []) {
    expect(result).toMatchObject({ lines: 1, logBytes: 2, seconds: expect.any(Number) });
    const name = String(result['blob']).replace('memory://', '');
    expect(gunzipSync(blobs.get(name) ?? Buffer.alloc(0)).toString()).toBe(`${result['module']}\n`);
  }
});

test('a module that fails does not fail the rest; the task ends Failed and names it', async () => {
  const { storage, blobs } = countingStorage();
  const docker = memoryDocker(logs);
  const failing: Docker = {
    ...docker,
    logs: async (name, query, signal) => {
      if (name === 'b') throw new SupportError('unavailable', 'logs of b: the container engine answered 500: broken.');
      return docker.logs(name, query, signal);
    },
  };
  const { task } = await upload(failing, { items: { id: 'all' } }, storage);
  expect(task?.status).toBe('Failed');
  expect(task?.message).toBe(
    'Task upload logs failed because of error b: logs of b: the container engine answered 500: broken.',
  );
  expect(blobs.size).toBe(3);
  expect(task?.results).toHaveLength(4);
  expect(task?.results?.find(({ module }) => module === 'b')).toMatchObject({
    error: expect.stringContaining('broken'),
  });
});

test('no match is said', async () => {
  const { task } = await upload(memoryDocker(logs), { items: { id: 'nobody' } }, countingStorage().storage);
  expect(task).toMatchObject({
    status: 'Completed',
    results: [{ warning: 'No module matched the ids of the request.' }],
  });
});

test('a dry run tells what there is, uploads nothing and needs no target', async () => {
  const { storage, blobs } = countingStorage();
  const log = Array.from({ length: 1000 }, (_, index) => `2026-01-01T00:00:00.000000001Z line ${index}\n`).join('');
  const docker = memoryDocker({ m: { ...running, log } });
  const { answer } = await upload(docker, { items: { id: 'm' }, dryRun: true, sasUrl: undefined }, storage);
  const bytes = log.length - 1000 * 31;
  expect(answer.body).toMatchObject({
    dryRun: true,
    modules: [{ module: 'm', lines: 1000, bytes, exact: true }],
    total: { lines: 1000, bytes },
  });
  const [{ gzipBytes }] = (answer.body as { modules: [{ gzipBytes: number }] }).modules;
  expect(gzipBytes).toBeGreaterThan(100);
  expect(gzipBytes).toBeLessThan(bytes / 2);
  expect(blobs.size).toBe(0);
});

test('a dry run says which log cannot be read, and estimates the others', async () => {
  const base = memoryDocker(logs);
  const docker: Docker = {
    ...base,
    logs: async (name, query, signal) => {
      if (name === 'b') throw new SupportError('unavailable', 'logs of b: no reading');
      return base.logs(name, query, signal);
    },
  };
  const { answer } = await upload(docker, { items: { id: 'all' }, dryRun: true }, countingStorage().storage);
  const { modules, total } = answer.body as { modules: object[]; total: object };
  expect(modules).toHaveLength(4);
  expect(modules[1]).toEqual({ module: 'b', error: 'logs of b: no reading' });
  expect(total).toMatchObject({ lines: 3, bytes: 6 });
});

test('a dry run of a large log extrapolates from the times of its lines', async () => {
  const second = (index: number) => new Date(Date.parse('2026-01-01') + index * 1000).toISOString().slice(0, 19);
  const lines = Array.from({ length: 120_000 }, (_, index) => `${second(index)}.000000001Z ${'x'.repeat(99)}\n`);
  const docker = memoryDocker({ m: { ...running, log: '' } });
  const large: Docker = {
    ...docker,
    logs: async (_name, { tail }) => ({
      tty: true,
      body: (async function* () {
        const wanted = tail === undefined ? lines : lines.slice(-tail);
        for (let at = 0; at < wanted.length; at += 500) yield Buffer.from(wanted.slice(at, at + 500).join(''));
      })(),
    }),
  };
  const { answer } = await upload(large, { items: { id: 'm' }, dryRun: true }, countingStorage().storage);
  const [estimate] = (answer.body as { modules: { lines: number; bytes: number; exact: boolean }[] }).modules;
  expect(estimate?.exact).toBe(false);
  expect(Math.abs((estimate?.lines ?? 0) - 120_000)).toBeLessThan(1200);
  expect(Math.abs((estimate?.bytes ?? 0) - 12_000_000)).toBeLessThan(120_000);
});
