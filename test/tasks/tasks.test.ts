import { SupportError } from '../../module/base/errors.ts';
import { createTasks } from '../../module/tasks/tasks.ts';
import { memoryLog } from '../support/services.ts';

const settle = () => new Promise(setImmediate);

test('a task tells its step while it runs and its results afterwards', async () => {
  const tasks = createTasks((text) => text);
  const gate = Promise.withResolvers<void>();
  const { correlationId } = tasks.start('upload logs', 60, async ({ step, result }) => {
    step('first');
    result({ module: 'a' });
    await gate.promise;
  });
  expect(tasks.status(correlationId)).toMatchObject({ status: 'Running', step: 'first', results: [{ module: 'a' }] });
  gate.resolve();
  await settle();
  const done = tasks.status(correlationId);
  expect(done).toMatchObject({ status: 'Completed', message: '', results: [{ module: 'a' }] });
  expect(done.step).toBeUndefined();
});

test('the log gets a line when a task ends, with what went wrong', async () => {
  const log = memoryLog();
  const tasks = createTasks((text) => text, log);
  const good = tasks.start('upload logs', 60, async () => undefined);
  const bad = tasks.start('upload logs', 60, async () => {
    throw new SupportError('unavailable', 'storage is gone');
  });
  await settle();
  expect(log.lines).toEqual([
    expect.stringMatching(`^info \\[Task\\] upload logs ${good.correlationId}: Completed after `),
    expect.stringMatching(`^warning \\[Task\\] upload logs ${bad.correlationId}: Failed after .* storage is gone$`),
  ]);
});

test('messages are cleaned of secrets before anyone can ask for them', async () => {
  const tasks = createTasks((text) => text.replace('secret', '***'));
  const { correlationId } = tasks.start('upload logs', 60, async () => {
    throw new SupportError('unavailable', 'the secret was wrong');
  });
  await settle();
  expect(tasks.status(correlationId).message).toBe('Task upload logs failed because of error the *** was wrong');
});

test('a task past its deadline fails with a sentence that says so, even if its work never ends', async () => {
  const tasks = createTasks((text) => text);
  const { correlationId } = tasks.start('upload logs', 0.02, () => new Promise(() => undefined));
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(tasks.status(correlationId)).toMatchObject({
    status: 'Failed',
    message: 'Task upload logs failed because of error Task upload logs did not finish within 20 ms.',
  });
});

test('stopping cancels what runs and does not wait for ever', async () => {
  const tasks = createTasks((text) => text);
  let aborted = false;
  const { correlationId } = tasks.start('a', 60, ({ signal }) => {
    signal.addEventListener('abort', () => {
      aborted = true;
    });
    return new Promise(() => undefined);
  });
  await tasks.stop(1000);
  expect(aborted).toBe(true);
  expect(tasks.status(correlationId).status).toBe('Cancelled');
  expect(() => tasks.start('b', 60, async () => undefined)).toThrow('stopping');
});

test('of ended tasks the newest 200 are remembered', async () => {
  const tasks = createTasks((text) => text);
  const ids: string[] = [];
  for (let index = 0; index < 205; index += 1) {
    ids.push(tasks.start('a', 60, async () => undefined).correlationId);
    await settle();
  }
  expect(tasks.status(ids[0] ?? '').status).toBe('Unknown');
  expect(tasks.status(ids[4] ?? '').status).toBe('Unknown');
  expect(tasks.status(ids[5] ?? '').status).toBe('Completed');
  expect(tasks.status(ids.at(-1) ?? '').status).toBe('Completed');
});

test('two tasks work at a time; a third waits its turn, and stopping cancels the one that waits too', async () => {
  const tasks = createTasks((text) => text);
  const gates = [1, 2, 3, 4].map(() => Promise.withResolvers<void>());
  const begun: number[] = [];
  const ids = gates.map(
    (gate, at) =>
      tasks.start('a', 60, async () => {
        begun.push(at);
        await gate.promise;
      }).correlationId,
  );
  await settle();
  expect(begun).toEqual([0, 1]);
  expect(tasks.status(ids[2] ?? '')).toMatchObject({ status: 'Running', step: 'waiting until another task has ended' });
  gates[0]?.resolve();
  await settle();
  expect(begun).toEqual([0, 1, 2]);
  await tasks.stop(1000);
  expect(begun).toEqual([0, 1, 2]);
  expect(ids.map((id) => tasks.status(id).status)).toEqual(['Completed', 'Cancelled', 'Cancelled', 'Cancelled']);
});
