import { SupportError } from '../../module/base/errors.ts';
import type { Docker } from '../../module/docker/docker.ts';
import { dispatch } from '../../module/methods/index.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { memoryStorage } from '../support/memory-storage.ts';
import { services } from '../support/services.ts';
import { unzip } from '../support/unzip.ts';

test('the task names the files of a bundle that are not whole', async () => {
  const base = memoryDocker({ m: { state: 'running', startedAt: '', log: 'a line\n' } });
  const docker: Docker = {
    ...base,
    networks: async () => {
      throw new SupportError('unavailable', 'networks: the engine is gone');
    },
  };
  const own = services({ docker });
  const payload = Buffer.from(JSON.stringify({ schemaVersion: '1.0', sasUrl: 'https://a/c?sig=x' }));
  const { body } = await dispatch({ name: 'UploadSupportBundle', payload }, own);
  const { correlationId } = body as { correlationId: string };
  for (;;) {
    const task = own.tasks.status(correlationId);
    if (task.status !== 'Running') {
      const [result] = task.results as [{ files: number; incomplete: object[] }];
      expect(task.status).toBe('Completed');
      expect(result.files).toBeGreaterThan(2);
      expect(result.incomplete).toContainEqual({
        name: 'networks',
        status: 'failed',
        reason: 'networks: the engine is gone',
      });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}, 40_000);

test('edgeRuntimeOnly keeps edgeAgent and edgeHub, and the manifest says what was asked without the SAS', async () => {
  const log = { state: 'running' as const, startedAt: '', log: 'a line\n' };
  const storage = memoryStorage();
  const own = services({ docker: memoryDocker({ edgeAgent: log, edgeHub: log, sensor: log }), storage });
  const request = { schemaVersion: '1.0', sasUrl: 'https://a/c?sig=c2lnbmF0dXJlLXNpZ25hdHVyZQ', edgeRuntimeOnly: true };
  const { body } = await dispatch({ name: 'UploadSupportBundle', payload: Buffer.from(JSON.stringify(request)) }, own);
  const { correlationId } = body as { correlationId: string };
  while (own.tasks.status(correlationId).status === 'Running') await new Promise((resolve) => setTimeout(resolve, 5));
  const files = await unzip([...storage.blobs.values()][0] ?? Buffer.alloc(0));
  expect([...files.keys()].filter((name) => name.startsWith('logs/'))).toEqual([
    'logs/edgeAgent_log.txt',
    'logs/edgeHub_log.txt',
  ]);
  expect(JSON.parse(files.get('manifest.json')?.toString() ?? '').request).toEqual({
    schemaVersion: '1.0',
    edgeRuntimeOnly: true,
  });
}, 40_000);

test('when the time of the task is nearly over, what has been collected is uploaded, and the rest is named', async () => {
  const base = memoryDocker({ m: { state: 'running', startedAt: '', log: '' } });
  const docker: Docker = { ...base, logs: () => new Promise(() => undefined) };
  const own = services({ docker, desired: { taskTimeoutSecs: 10 } });
  const payload = Buffer.from(JSON.stringify({ schemaVersion: '1.0', sasUrl: 'https://a/c?sig=x' }));
  const { body } = await dispatch({ name: 'UploadSupportBundle', payload }, own);
  const { correlationId } = body as { correlationId: string };
  while (own.tasks.status(correlationId).status === 'Running') await new Promise((resolve) => setTimeout(resolve, 50));
  const task = own.tasks.status(correlationId);
  expect(task.status).toBe('Completed');
  const [{ incomplete }] = task.results as [{ incomplete: object[] }];
  expect(incomplete).toContainEqual(expect.objectContaining({ name: 'logs/m_log.txt', status: 'canceled' }));
}, 40_000);

const call = (request: object, own = services({ docker: memoryDocker({}) })) =>
  dispatch({ name: 'UploadSupportBundle', payload: Buffer.from(JSON.stringify(request)) }, own);

test.each([
  [{ since: '1h', until: '2h' }, /^since must be before until \(\d{4}-.*Z\), got "1h"\.$/],
  [{ until: '2d' }, /^since must be before until \(\d{4}-.*Z\), which is "1 day" when not given\.$/],
])('a window that is none is refused: %j', async (request, message) => {
  expect(await call({ sasUrl: 'https://a/c?sig=x', ...request })).toEqual({
    status: 400,
    body: { message: expect.stringMatching(message) },
  });
});

test('patterns that fit no module are told, before and in the bundle, instead of a bundle without logs', async () => {
  const log = { state: 'running' as const, startedAt: '2026-01-01T00:00:00Z', log: 'a line\n' };
  const storage = memoryStorage();
  const own = services({ docker: memoryDocker({ edgeHub: log, sensor: log }), storage });
  const request = { include: ['module-logs', 'inspect'], modules: ['temperature'], sasUrl: 'https://a/c?sig=x' };
  const reason = 'The request wants none of the modules that there are: edgeHub, sensor.';
  const plan = await call({ ...request, dryRun: true }, own);
  expect(plan).toMatchObject({
    status: 200,
    body: {
      problems: [
        { collector: 'inspect', reason },
        { collector: 'module-logs', reason },
      ],
    },
  });
  const { body } = await call(request, own);
  const { correlationId } = body as { correlationId: string };
  while (own.tasks.status(correlationId).status === 'Running') await new Promise((resolve) => setTimeout(resolve, 5));
  const [{ incomplete }] = own.tasks.status(correlationId).results as [{ incomplete: object[] }];
  expect(incomplete).toEqual([
    { name: 'inspect', status: 'skipped', reason },
    { name: 'module-logs', status: 'skipped', reason },
  ]);
}, 40_000);
