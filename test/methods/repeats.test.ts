import { SupportError } from '../../module/base/errors.ts';
import { integer, optional, record, text } from '../../module/config/values.ts';
import { dispatch } from '../../module/methods/index.ts';
import { defineMethod } from '../../module/methods/method.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

const call = (body: object, name = 'Count') => ({ name, payload: Buffer.from(JSON.stringify(body)) });

/** A method that counts how often it is run. */
function counter(ms = 0) {
  const runs: number[] = [];
  const method = defineMethod({
    name: 'Count',
    about: '',
    request: record({ n: integer(), refuse: optional(text()) }),
    task: { operation: 'count', recover: async () => undefined },
    handle: async ({ request }) => {
      runs.push(request.n);
      await new Promise((resolve) => setTimeout(resolve, ms));
      if (request.refuse === 'busy') throw new SupportError('busy', 'too many');
      if (request.refuse === 'engine') throw new SupportError('unavailable', 'the engine is gone');
      return { run: runs.length };
    },
  });
  return { runs, method };
}

test('a repeated request is answered from the first, whether it has been answered yet or not', async () => {
  const { runs, method } = counter(20);
  const own = services({ docker: memoryDocker({}) });
  const request = call({ n: 1, requestId: 'a-1' });
  const [first, second] = await Promise.all([1, 2].map(() => dispatch(request, own, [method])));
  const third = await dispatch(call({ n: 1, REQUESTID: 'a-1' }), own, [method]);
  expect(first).toEqual({ status: 200, body: { run: 1 } });
  expect(second).toEqual(first);
  expect(third.status).toBe(409);
  expect(await dispatch(request, own, [method])).toEqual(first);
  expect(runs).toEqual([1]);
});

test('the same id for another request is refused; without an id every request runs', async () => {
  const { runs, method } = counter();
  const own = services({ docker: memoryDocker({}) });
  await dispatch(call({ n: 1, requestId: 'a' }), own, [method]);
  expect(await dispatch(call({ n: 2, requestId: 'a' }), own, [method])).toEqual({
    status: 409,
    body: { message: 'requestId a has been used for another request; a new request needs a new one.' },
  });
  await dispatch(call({ n: 1 }), own, [method]);
  await dispatch(call({ n: 1 }), own, [method]);
  expect(runs).toEqual([1, 1, 1]);
});

test('what was refused before anything was done may be tried again; what failed on the way is answered from the first', async () => {
  const { runs, method } = counter();
  const own = services({ docker: memoryDocker({}) });
  const tried = async (refuse: string) => {
    const request = call({ n: 1, refuse, requestId: refuse });
    return [(await dispatch(request, own, [method])).status, (await dispatch(request, own, [method])).status];
  };
  expect(await tried('busy')).toEqual([429, 429]);
  expect(runs).toHaveLength(2);
  expect(await tried('engine')).toEqual([503, 503]);
  expect(runs).toHaveLength(3);
});

test.each([[''], ['with blank'], ['x'.repeat(129)], [7], [{}]])(
  'requestId %j is refused by name',
  async (requestId) => {
    const { runs, method } = counter();
    const answer = await dispatch(call({ n: 1, requestId }), services({ docker: memoryDocker({}) }), [method]);
    expect(answer).toMatchObject({
      status: 400,
      body: { message: expect.stringMatching(/^requestId must be a text/) },
    });
    expect(runs).toEqual([]);
  },
);

test('an upload that is asked for again, even after a restart, is the task that there is', async () => {
  const own = services({ docker: memoryDocker({}) });
  const request = call({ schemaVersion: '1.0', requestId: 'night-1' }, 'UploadModuleLogs');
  const { body } = await dispatch(request, own);
  const { correlationId } = body as { correlationId: string };
  // After a restart the answers are forgotten, the tasks are not.
  const again = await dispatch(request, { ...own, repeats: services({ docker: memoryDocker({}) }).repeats });
  expect(again).toMatchObject({ status: 200, body: { correlationId } });
  expect(own.tasks.list()).toHaveLength(1);
});

test('who polls with one requestId sees how it is now', async () => {
  const docker = { ...memoryDocker({}), modules: () => new Promise<never>(() => undefined) };
  const own = services({ docker });
  const { body } = await dispatch(call({ schemaVersion: '1.0' }, 'UploadModuleLogs'), own);
  const { correlationId } = body as { correlationId: string };
  const poll = call({ schemaVersion: '1.0', correlationId, requestId: 'p' }, 'GetTaskStatus');
  expect((await dispatch(poll, own)).body).toMatchObject({ status: 'Running' });
  await own.tasks.cancel(correlationId);
  expect((await dispatch(poll, own)).body).toMatchObject({ status: 'Cancelled' });
});
