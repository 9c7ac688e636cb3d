import { setTimeout as delay } from 'node:timers/promises';
import { SupportError } from '../../module/base/errors.ts';
import type { FailureShelf, KeptFailure } from '../../module/storage/failures.ts';
import type { TaskAsk, TaskStatus } from '../../module/tasks/task.ts';
import { createFailureUpload } from '../../module/triggers/failure-upload.ts';
import { waitFor } from '../../sim/wait.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { memoryStorage } from '../support/memory-storage.ts';
import { services } from '../support/services.ts';

const soon = { limitMs: 10_000, everyMs: 5 };

const failure = (id: string): KeptFailure => ({
  id,
  name: id,
  module: 'web',
  bytes: 1,
  files: [],
  handedOver: false,
});

/** An upload over a shelf and tasks in memory; tasks run until `end` is called. */
function start(desired: object = {}, storage: Partial<ReturnType<typeof memoryStorage>> = {}, given: string[] = []) {
  const ending = new AbortController();
  const known: KeptFailure[] = [];
  const started: (readonly string[])[] = [];
  let status: TaskStatus = 'Completed';
  const module = services({
    docker: memoryDocker({}),
    desired: { collectOnFailure: { enabled: true, upload: true }, ...desired },
    storage: { ...memoryStorage(), ...storage },
  });
  const shelf: FailureShelf = {
    keep: () => Promise.reject(new Error('not here')),
    list: async () => known.map((one) => ({ ...one, handedOver: given.includes(one.id) })),
    handOver: async (ids) => void given.push(...ids),
  };
  const tasks = {
    ...module.tasks,
    list: () => [{ status, message: '', correlationId: 't', method: 'CollectOnFailure' }],
    start: async ({ request }: TaskAsk) => {
      started.push((request as { failures: readonly string[] }).failures);
      status = 'Running';
      return { status, message: '', correlationId: 't' };
    },
  };
  const limits = { gatherMs: 1, everyMs: 1 };
  const upload = createFailureUpload({ services: { ...module, tasks }, shelf, limits });
  const running = upload.run(ending.signal);
  return {
    started,
    log: module.log.lines,
    add: (...ids: string[]) => {
      known.push(...ids.map(failure));
      upload.wake();
    },
    end: () => {
      status = 'Completed';
    },
    wake: upload.wake,
    until: (count: number) => waitFor(`${count} tasks`, () => started.length >= count || undefined, soon),
    /** For what must not come: a busy machine would only see less. */
    quiet: () => delay(60),
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await running;
    },
  };
}

test('one task at a time: what comes meanwhile goes together with the next, and nothing goes twice', async () => {
  await using upload = start();
  upload.add('1');
  await upload.until(1);
  upload.add('2');
  upload.add('3');
  await upload.quiet();
  expect(upload.started).toEqual([['1']]);
  upload.end();
  await upload.until(2);
  upload.end();
  upload.wake();
  await upload.quiet();
  expect(upload.started).toEqual([['1'], ['2', '3']]);
});

test('what an earlier start gave to a task is not given to another', async () => {
  await using upload = start({}, {}, ['1']);
  upload.add('1', '2');
  await upload.until(1);
  expect(upload.started).toEqual([['2']]);
});

test.each([
  ['it is off', { collectOnFailure: { enabled: true } }, {}, []],
  [
    'the owner allows no upload',
    { policy: { allowedMethods: ['Ping'] } },
    {},
    [expect.stringContaining('UploadSupportBundle is not allowed on this device')],
  ],
  ['there is no target', {}, { check: () => false }, [expect.stringContaining('there is no storage target')]],
  [
    'the target is bad',
    {},
    {
      check: () => {
        throw new SupportError('bad-request', 'storage.sasUrl has no signature.');
      },
    },
    [expect.stringContaining('storage.sasUrl has no signature.')],
  ],
])('nothing is uploaded when %s, which is said once', async (_, desired, storage, said) => {
  await using upload = start(desired, storage);
  upload.add('1');
  await waitFor('what is said', () => upload.log.length >= said.length || undefined, soon);
  upload.add('2');
  await upload.quiet();
  expect(upload.started).toEqual([]);
  expect(upload.log).toEqual(said);
});
