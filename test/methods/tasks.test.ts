import type { Docker } from '../../module/docker/docker.ts';
import { dispatch } from '../../module/methods/index.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { memoryStorage } from '../support/memory-storage.ts';
import { services, type TestModule } from '../support/services.ts';

const running = { state: 'running', startedAt: '2026-01-01T00:00:00Z' } as const;
const modules = { edgeAgent: { ...running, log: 'a\n' }, edgeHub: { ...running, log: 'b\n' } };

async function invoke(own: TestModule, name: string, body: object = {}) {
  const { status, body: answer } = await dispatch({ name, payload: Buffer.from(JSON.stringify(body)) }, own);
  return { status, answer: answer as Record<string, unknown> };
}

const ended = async (own: TestModule, id: string) => {
  while (own.tasks.status(id).status === 'Running') await new Promise((resolve) => setTimeout(resolve, 5));
};

/** An engine whose logs never come. */
const silent = (): Docker => ({
  ...memoryDocker(modules),
  logs: (_name, _query, signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
});

test('{} uploads every log to the default target', async () => {
  const storage = memoryStorage();
  const own = services({ docker: memoryDocker(modules), storage });
  const { answer } = await invoke(own, 'UploadModuleLogs');
  await ended(own, String(answer['correlationId']));
  expect([...storage.blobs.keys()].map((name) => name.replace(/-\d{4}-.*/, '')).sort()).toEqual([
    'hub.example/device-1/edgeAgent',
    'hub.example/device-1/edgeHub',
  ]);
});

test('an upload is acknowledged at once even if the engine hangs', async () => {
  const own = services({ docker: { ...memoryDocker(modules), modules: () => new Promise(() => undefined) } });
  const started = performance.now();
  expect((await invoke(own, 'UploadModuleLogs')).answer['status']).toBe('Running');
  expect((await invoke(own, 'UploadSupportBundle')).answer['status']).toBe('Running');
  expect(performance.now() - started).toBeLessThan(1000);
  await own.tasks.stop(100);
});

test('the deadline of a request delivers what there is of each log, and says so', async () => {
  const storage = memoryStorage();
  const own = services({ docker: silent(), storage });
  const { answer } = await invoke(own, 'UploadModuleLogs', { timeoutSecs: 1, contentType: 'text' });
  const id = String(answer['correlationId']);
  await ended(own, id);
  const task = own.tasks.status(id);
  expect(task).toMatchObject({ status: 'Completed', partial: ['The deadline of 1 s was reached.'] });
  expect(task.results).toContainEqual(
    expect.objectContaining({
      module: 'edgeAgent',
      warnings: [expect.stringContaining('the deadline of the task was reached')],
    }),
  );
  expect(storage.blobs.size).toBe(2);
}, 20_000);

test('ListTasks shows the newest first, without what can be long, and by status and method', async () => {
  const own = services({ docker: memoryDocker(modules) });
  const first = String((await invoke(own, 'UploadModuleLogs')).answer['correlationId']);
  await ended(own, first);
  const second = String((await invoke(own, 'UploadSupportBundle')).answer['correlationId']);
  const list = async (body = {}) =>
    ((await invoke(own, 'ListTasks', body)).answer['tasks'] as { correlationId: string; results?: number }[]).map(
      ({ correlationId, results }) => [correlationId, results],
    );
  expect((await list()).map(([id]) => id)).toEqual([second, first]);
  expect(await list({ status: 'Completed' })).toEqual([[first, 2]]);
  expect(await list({ method: 'uploadmodulelogs' })).toEqual([[first, 2]]);
  expect((await invoke(own, 'ListTasks', { limit: 1 })).answer['more']).toBe(1);
  expect((await invoke(own, 'ListTasks', { limit: 0 })).status).toBe(400);
  await own.tasks.stop(100);
});

test('CancelTask and ResumeTask take either name of the id, and say what is wrong with it', async () => {
  const own = services({ docker: silent() });
  const id = String((await invoke(own, 'UploadModuleLogs')).answer['correlationId']);
  expect((await invoke(own, 'ResumeTask', { taskId: id })).answer).toMatchObject({ status: 'Running' });
  expect((await invoke(own, 'CancelTask', { correlationId: id })).answer).toMatchObject({ status: 'Cancelled' });
  expect(await invoke(own, 'ResumeTask', { taskId: id })).toMatchObject({
    status: 409,
    answer: { message: `Task ${id} is Cancelled and has no archive on this device that could still be uploaded.` },
  });
  for (const method of ['CancelTask', 'ResumeTask']) {
    expect(await invoke(own, method, { taskId: 'nobody' })).toMatchObject({
      status: 404,
      answer: { message: 'There is no task nobody; ListTasks has those there are.' },
    });
    expect(await invoke(own, method)).toMatchObject({
      status: 400,
      answer: { message: expect.stringContaining('correlationId is null or whitespace') },
    });
  }
});

test('a call that takes too long goes on as a task, which has its answer in the end', async () => {
  const docker = memoryDocker(modules);
  const slow: Docker = {
    ...docker,
    modules: async (signal) => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      return docker.modules(signal);
    },
  };
  const own = services({ docker: slow, variables: { EDGE_SUPPORT_METHOD_TIMEOUT_SECS: '1' } });
  const request = { schemaVersion: '1.0', items: { id: 'edgeAgent' }, contentType: 'text' };
  const { status, answer } = await invoke(own, 'GetModuleLogs', request);
  expect({ status, answer }).toEqual({
    status: 200,
    answer: { status: 'Running', message: '', correlationId: expect.any(String) },
  });
  await ended(own, String(answer['correlationId']));
  expect(own.tasks.status(String(answer['correlationId']))).toMatchObject({
    status: 'Completed',
    answer: [{ id: 'edgeAgent', payload: 'a\n' }],
  });
});

test('a restart that was interrupted is found out by comparing start times, and never done again', async () => {
  const docker = memoryDocker({ m: { ...running } });
  const own = services({ docker });
  const { taskKinds } = await import('../../module/methods/index.ts');
  const recover = taskKinds(own).find(({ method }) => method === 'RestartModule')?.recover;
  const task = { signal: AbortSignal.timeout(700), result: () => undefined } as never;
  await expect(recover?.({ id: 'm', startedAt: 'another time' }, task)).resolves.toBeUndefined();
  await expect(recover?.({ id: 'm', startedAt: running.startedAt }, task)).rejects.toBeDefined();
  expect(docker.restarted).toEqual([]);
});
