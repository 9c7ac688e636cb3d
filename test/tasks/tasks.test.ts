import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SupportError } from '../../module/base/errors.ts';
import type { TaskRecord } from '../../module/tasks/record.ts';
import type { TaskKind } from '../../module/tasks/task.ts';
import { ask, kind, newFolder, removeFolders, settle, tasksIn } from './support/tasks.ts';

afterAll(removeFolders);

const forever = () => new Promise<void>(() => undefined);
const journal = (folder: string) => readFileSync(join(folder, 'tasks.journal'), 'utf8');

test('a task is acknowledged as edgeAgent does, tells its progress while it runs and its results afterwards', async () => {
  const gate = Promise.withResolvers<void>();
  const { tasks } = tasksIn(newFolder(), [
    kind(async ({ progress, result }) => {
      progress({ step: 'first', percent: 10, bytes: 5 });
      result({ module: 'a' });
      await gate.promise;
    }),
  ]);
  const acknowledged = await tasks.start(ask());
  const { correlationId } = acknowledged;
  expect(acknowledged).toEqual({
    status: 'Running',
    message: '',
    correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(Object.keys(tasks.status(correlationId)).slice(0, 3)).toEqual(['status', 'message', 'correlationId']);
  expect(tasks.status(correlationId)).toMatchObject({
    status: 'Running',
    method: 'Upload',
    step: 'first',
    percent: 10,
    bytes: 5,
    results: [{ module: 'a' }],
  });
  gate.resolve();
  await settle();
  const done = tasks.status(correlationId);
  expect(done).toMatchObject({ status: 'Completed', message: '', bytes: 5, results: [{ module: 'a' }] });
  expect(done.endedAt).toBeDefined();
  expect(done).not.toHaveProperty('step');
  expect(done).not.toHaveProperty('percent');
  await tasks.stop(100);
});

test('a new step begins without the percentage of the one before', async () => {
  const { tasks } = tasksIn(newFolder(), [
    kind(async ({ progress }) => {
      progress({ step: 'one', percent: 50 });
      progress({ step: 'two' });
      await forever();
    }),
  ]);
  const { correlationId } = await tasks.start(ask());
  expect(tasks.status(correlationId).percent).toBeUndefined();
  await tasks.stop(10);
});

test('the log gets a line when a task ends, with what went wrong, cleaned of secrets', async () => {
  const clean = <T>(value: T) => JSON.parse(JSON.stringify(value).replaceAll('hunter2', '***')) as T;
  const kinds = [
    kind(async (_, request) => {
      if (request === 'bad') throw new SupportError('unavailable', 'hunter2 is gone');
    }),
  ];
  const { tasks, log } = tasksIn(newFolder(), kinds, { clean });
  const good = await tasks.start(ask('good'));
  const bad = await tasks.start(ask('bad'));
  await settle();
  expect(tasks.status(bad.correlationId)).toMatchObject({
    status: 'Failed',
    message: 'Task upload failed because of error *** is gone',
  });
  expect(log.lines).toContainEqual(
    expect.stringMatching(`^info \\[Task\\] upload ${good.correlationId}: Completed after `),
  );
  expect(log.lines).toContainEqual(
    expect.stringMatching(`^warning \\[Task\\] upload ${bad.correlationId}: Failed after .*\\*\\*\\* is gone$`),
  );
  expect(log.lines.join()).not.toContain('fault=');
  await tasks.stop(100);
});

test('what is a bug leaves its place in the log, not in the answer', async () => {
  const { tasks, log } = tasksIn(newFolder(), [
    kind(async () => {
      throw new TypeError('x is not a function');
    }),
  ]);
  const { correlationId } = await tasks.start(ask());
  await settle();
  expect(tasks.status(correlationId).message).not.toContain('tasks.test.ts');
  expect(log.lines.find((line) => line.includes('fault='))).toContain('tasks.test.ts');
  await tasks.stop(100);
});

test('the deadline asks collecting for an early end, which is delivered and marked as partial', async () => {
  const { tasks } = tasksIn(newFolder(), [
    kind(async ({ collect, result, late }) => {
      const got = await collect(
        (deadline) => new Promise((resolve) => deadline.addEventListener('abort', () => resolve('half'))),
      );
      result({ got, late: late() });
    }),
  ]);
  const { correlationId } = await tasks.start(ask({}, 0.05));
  await settle(150);
  expect(tasks.status(correlationId)).toMatchObject({
    status: 'Completed',
    partial: ['The deadline of 50 ms was reached.'],
    results: [{ got: 'half', late: true }],
  });
  await tasks.stop(100);
});

test('time outside of collecting does not count', async () => {
  const { tasks } = tasksIn(newFolder(), [
    kind(async ({ collect }) => {
      await collect(async () => undefined);
      await settle(150);
      await collect(async () => undefined);
    }),
  ]);
  const { correlationId } = await tasks.start(ask({}, 0.1));
  await settle(250);
  expect(tasks.status(correlationId).status).toBe('Completed');
  expect(tasks.status(correlationId)).not.toHaveProperty('partial');
  await tasks.stop(100);
});

test('collecting that ignores its deadline counts as hung after a while', async () => {
  const { tasks } = tasksIn(newFolder(), [kind(({ collect }) => collect(forever))], { graceMs: 30 });
  const { correlationId } = await tasks.start(ask({}, 0.03));
  await settle(150);
  expect(tasks.status(correlationId)).toMatchObject({
    status: 'Failed',
    message: expect.stringMatching(/^Task upload failed because of error Task upload did not finish within \d+ ms\.$/),
  });
  await tasks.stop(100);
});

test('a lane has so many places; who waits says so, and leaves the queue when cancelled', async () => {
  const gates = new Map<string, () => void>();
  const begun: string[] = [];
  const lane = { name: 'bundle', places: 1 };
  const { tasks } = tasksIn(newFolder(), [
    kind(
      ({ collect, id }) =>
        collect(async () => {
          begun.push(id);
          await new Promise<void>((resolve) => gates.set(id, resolve));
        }),
      { lane },
    ),
  ]);
  const [one, two, three] = await Promise.all([1, 2, 3].map(async () => (await tasks.start(ask())).correlationId));
  await settle();
  expect(begun).toEqual([one]);
  expect(tasks.status(two ?? '').step).toBe('waiting until another task has ended');
  await tasks.cancel(two ?? '');
  gates.get(one ?? '')?.();
  await settle();
  expect(begun).toEqual([one, three]);
  expect([one, two, three].map((id) => tasks.status(id ?? '').status)).toEqual(['Completed', 'Cancelled', 'Running']);
  await tasks.stop(100);
});

test('ten tasks of a kind may be unfinished; the next is refused with a sentence', async () => {
  const { tasks } = tasksIn(newFolder(), [kind(forever)]);
  for (let index = 0; index < 10; index += 1) await tasks.start(ask());
  await expect(tasks.start(ask())).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringMatching(/^10 tasks of Upload are unfinished, .*ListTasks/),
  });
  await tasks.stop(10);
});

test('cancelling ends the work, takes away what there is of it, and answers in time even if the work does not listen', async () => {
  const { tasks, discarded } = tasksIn(newFolder(), [kind(forever)]);
  const { correlationId } = await tasks.start(ask());
  const started = performance.now();
  const view = await tasks.cancel(correlationId);
  expect(performance.now() - started).toBeLessThan(2000);
  expect(view).toMatchObject({ status: 'Cancelled', message: '' });
  expect(discarded).toEqual([correlationId]);
  expect(await tasks.cancel(correlationId)).toMatchObject({ status: 'Cancelled' });
  await expect(tasks.cancel('nobody')).rejects.toMatchObject({ code: 'not-found' });
  await tasks.stop(10);
});

test('what happens to tasks is counted: each begins once and ends once, however it ends', async () => {
  const events: string[] = [];
  const folder = newFolder();
  const counted = (method: string, event: string) => void events.push(`${method} ${event}`);
  const failing = kind(async () => Promise.reject(new SupportError('unavailable', 'no')), { method: 'Fail' });
  const { tasks } = tasksIn(folder, [kind(forever), failing], { counted });
  const cancelled = await tasks.start(ask());
  await tasks.start({ ...ask(), method: 'Fail' });
  await tasks.cancel(cancelled.correlationId);
  await settle();
  // What ends in time is no task; what does not, is, and so is what wrote something down.
  await tasks.attempt(ask(), 1000, async () => 'done');
  await tasks.attempt(ask(), 1000, async ({ note }) => note({ a: 1 }));
  await tasks.attempt(ask(), 10, () => settle(60));
  await settle(100);
  expect(events).toEqual([
    'Upload Started',
    'Fail Started',
    'Fail Failed',
    'Upload Cancelled',
    'Upload Started',
    'Upload Completed',
    'Upload Started',
    'Upload Completed',
  ]);
  await tasks.start(ask());
  await tasks.stop(10);
  expect(events.splice(0)).toHaveLength(9);
  const next = tasksIn(folder, [kind(async () => undefined)], { counted });
  next.tasks.recover();
  await settle(60);
  expect(events).toEqual(['Upload Started', 'Upload Completed']);
  await next.tasks.stop(10);
});

test('of an end that no answer tells of it is told: behind the answer, and of calls that the end of the module cut', async () => {
  const folder = newFolder();
  const told: string[] = [];
  const ended = ({ method, status, payloadHash }: TaskRecord) =>
    void told.push([method, status, payloadHash].filter(Boolean).join(' '));
  const once: TaskKind = {
    method: 'Once',
    operation: 'once',
    recover: () => Promise.reject(new SupportError('unavailable', 'it ended in the middle')),
  };
  const { tasks } = tasksIn(folder, [kind(async () => undefined), once], { ended });
  await tasks.start({ ...ask(), payloadHash: 'a1' });
  await tasks.attempt({ ...ask(), method: 'InTime' }, 1000, async ({ note }) => note({ a: 1 }));
  await tasks.attempt({ ...ask(), method: 'Late' }, 10, () => settle(60));
  await settle(100);
  expect(told.splice(0).sort()).toEqual(['Late Completed', 'Upload Completed a1']);
  const cut = tasks.attempt({ ...ask(), method: 'Once', payloadHash: 'b2' }, 1000, async ({ note }) => {
    await note({ a: 1 });
    await forever();
  });
  cut.catch(() => undefined);
  await settle();
  const next = tasksIn(folder, [once], { ended });
  next.tasks.recover();
  await settle(60);
  expect(told).toEqual(['Once Failed b2']);
  await next.tasks.stop(10);
  await tasks.stop(10);
});

test('what the work does after its task has ended changes nothing', async () => {
  let late: () => void = () => undefined;
  const { tasks } = tasksIn(newFolder(), [
    kind(async ({ result, progress }) => {
      late = () => {
        result({ late: true });
        progress({ step: 'late' });
      };
      await forever();
    }),
  ]);
  const { correlationId } = await tasks.start(ask());
  await tasks.cancel(correlationId);
  late();
  expect(tasks.status(correlationId)).not.toHaveProperty('results');
  expect(tasks.status(correlationId)).not.toHaveProperty('step');
  await tasks.stop(10);
});

test('of ended tasks the newest 200 are remembered, and none longer than 7 days unless its archives are kept', async () => {
  const clock = { ms: Date.now() };
  const { tasks, discarded, keeping } = tasksIn(newFolder(), [kind(async () => undefined)], {
    now: () => new Date(clock.ms),
  });
  const ids: string[] = [];
  for (let index = 0; index < 203; index += 1) {
    ids.push((await tasks.start(ask())).correlationId);
    await settle(0);
  }
  await settle(100);
  expect(tasks.list()).toHaveLength(200);
  expect(tasks.status(ids[2] ?? '').status).toBe('Unknown');
  expect(tasks.status(ids[3] ?? '').status).toBe('Completed');
  expect(discarded).toContain(ids[0]);
  clock.ms += 8 * 24 * 3600 * 1000;
  keeping.add(ids[100] ?? '');
  const last = await tasks.start(ask());
  await settle();
  expect(tasks.list().map(({ correlationId }) => correlationId)).toEqual([last.correlationId, ids[100]]);
  await tasks.stop(100);
}, 20_000);

describe('after a restart', () => {
  test('a task that was stopped, or killed, runs again with the request as it came', async () => {
    const folder = newFolder();
    const first = tasksIn(folder, [kind(forever)]);
    const request = { since: '1h', regex: 'hunter2' };
    const asked = { ...ask(request), sasUrl: 'https://a/c?sig=s3cr3t' };
    const { correlationId } = await first.tasks.start(asked);
    await settle();
    // No stop: as after kill -9. Nothing that it wrote shows the SAS.
    expect(journal(folder)).not.toContain('s3cr3t');
    const seen: unknown[] = [];
    const second = tasksIn(folder, [
      kind(async (context, again) => {
        seen.push(again, context.sasUrl(), context.id, context.startedAt.getTime() <= Date.now());
        context.result({ done: true });
      }),
    ]);
    second.tasks.recover();
    await settle();
    expect(seen).toEqual([request, asked.sasUrl, correlationId, true]);
    expect(second.remembered).toEqual([asked.sasUrl]);
    expect(second.tasks.status(correlationId)).toMatchObject({ status: 'Completed', results: [{ done: true }] });
    expect(journal(folder)).not.toContain('sealed');
    await second.tasks.stop(100);
    await first.tasks.stop(100);
  });

  test('a clean stop leaves tasks Running, and does not count as a crash', async () => {
    const folder = newFolder();
    let starts = 0;
    const kinds = [
      kind(({ collect, signal }) => {
        starts += 1;
        return collect(() => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))));
      }),
    ];
    let id = '';
    for (let start = 0; start < 5; start += 1) {
      const { tasks } = tasksIn(folder, kinds);
      tasks.recover();
      if (start === 0) id = (await tasks.start(ask())).correlationId;
      await settle();
      expect(tasks.status(id).status).toBe('Running');
      await tasks.stop(500);
    }
    expect(starts).toBe(5);
  });

  test('a task in whose collecting the module ended five times is not tried a sixth time', async () => {
    const folder = newFolder();
    let starts = 0;
    const kinds = [
      kind(({ collect }) => {
        starts += 1;
        return collect(forever);
      }),
    ];
    const all = [tasksIn(folder, kinds)];
    const { correlationId } = (await all[0]?.tasks.start(ask())) ?? { correlationId: '' };
    await settle();
    for (let crash = 0; crash < 5; crash += 1) {
      const next = tasksIn(folder, kinds);
      next.tasks.recover();
      await settle();
      all.push(next);
    }
    expect(starts).toBe(5);
    expect(all.at(-1)?.tasks.status(correlationId)).toMatchObject({
      status: 'Failed',
      message: expect.stringContaining('the module ended 5 times while it was collecting'),
    });
    for (const { tasks } of all) await tasks.stop(10);
  });

  test('what may happen once at most is not done again: its notes tell what came of it', async () => {
    const folder = newFolder();
    const recovered: unknown[] = [];
    const restart: Parameters<typeof tasksIn>[1] = [
      { method: 'Upload', operation: 'restart', recover: async (notes) => void recovered.push(notes) },
    ];
    const first = tasksIn(folder, restart);
    const calling = expect(
      first.tasks.attempt(ask(), 60_000, async ({ note }) => {
        await note({ startedAt: 'then' });
        await forever();
      }),
    ).rejects.toThrow('The module is stopping.');
    await settle();
    const second = tasksIn(folder, restart);
    second.tasks.recover();
    await settle();
    expect(recovered).toEqual([{ startedAt: 'then' }]);
    expect(second.tasks.list()).toMatchObject([{ status: 'Completed', method: 'Upload' }]);
    await second.tasks.stop(10);
    await first.tasks.stop(10);
    await calling;
  });

  test('work that nobody knows any more, or that was a call, ends Failed with the reason', async () => {
    const folder = newFolder();
    const first = tasksIn(folder, []);
    await first.tasks.attempt(ask(), 10, forever);
    const second = tasksIn(folder, []);
    second.tasks.recover();
    await settle();
    expect(second.tasks.list()).toMatchObject([
      { status: 'Failed', message: expect.stringContaining('the module ended before it was done; call it again') },
    ]);
    await second.tasks.stop(10);
    await first.tasks.stop(10);
  });

  test('a request sealed with another key fails with that reason; one whose key cannot be had yet waits for it', async () => {
    const folder = newFolder();
    const first = tasksIn(folder, [kind(forever)]);
    const { correlationId } = await first.tasks.start({ ...ask(), sasUrl: 'https://a/c?sig=x' });
    await settle();
    let asked = 0;
    const sealer = {
      seal: async () => '',
      open: async () => {
        asked += 1;
        if (asked < 3) throw new Error('the workload API does not answer');
        throw new SupportError('conflict', 'sealed with another key');
      },
    };
    const second = tasksIn(folder, [kind(forever)], { sealer, sealAgainMs: 20 });
    second.tasks.recover();
    await settle(10);
    expect(second.tasks.status(correlationId)).toMatchObject({
      status: 'Running',
      step: 'waiting for the key to its request (the workload API)',
    });
    await settle(100);
    expect(second.tasks.status(correlationId)).toMatchObject({
      status: 'Failed',
      message: expect.stringContaining('another key'),
    });
    await second.tasks.stop(10);
    await first.tasks.stop(10);
  });
});

test('a task is acknowledged when its request is sealed on disk, or within 2 s when it cannot be', async () => {
  const folder = newFolder();
  const { tasks } = tasksIn(folder, [kind(forever)]);
  await tasks.start({ ...ask(), sasUrl: 'https://a/c?sig=x' });
  expect(journal(folder)).toContain('"sealed"');
  const hanging = tasksIn(newFolder(), [kind(forever)], {
    sealer: { seal: () => forever() as never, open: async () => '' },
  });
  const started = performance.now();
  await hanging.tasks.start({ ...ask(), sasUrl: 'https://a/c?sig=x' });
  expect(performance.now() - started).toBeLessThan(2000);
  await hanging.tasks.stop(10);
  await tasks.stop(10);
});

test('after a restart a request that could not be sealed in time ends Failed, and is not run as something else', async () => {
  const folder = newFolder();
  const sealer = { seal: () => Promise.reject(new Error('no workload API')), open: async () => '' };
  const first = tasksIn(folder, [kind(forever)], { sealer, sealAgainMs: 5 });
  const { correlationId } = await first.tasks.start({ ...ask({ regex: 'x' }), sasUrl: 'https://a/c?sig=x' });
  await settle();
  let runs = 0;
  const second = tasksIn(folder, [
    kind(async () => {
      runs += 1;
    }),
  ]);
  second.tasks.recover();
  await settle();
  expect(runs).toBe(0);
  expect(second.tasks.status(correlationId)).toMatchObject({
    status: 'Failed',
    message: expect.stringContaining('before the request with its secrets could be kept for a restart; call it again'),
  });
  await second.tasks.stop(10);
  await first.tasks.stop(10);
});

test('a cancelled task is Cancelled within 2 s, even if what it left cannot be taken away', async () => {
  const { tasks } = tasksIn(newFolder(), [kind(forever)], { discard: forever });
  const { correlationId } = await tasks.start(ask());
  const started = performance.now();
  expect(await tasks.cancel(correlationId)).toMatchObject({ status: 'Cancelled' });
  expect(performance.now() - started).toBeLessThan(2000);
  await tasks.stop(10);
});

test('of very many results as many are shown as an answer carries', async () => {
  const { tasks } = tasksIn(newFolder(), [
    kind(async ({ result }) => {
      for (let index = 0; index < 100; index += 1) result({ module: index, warnings: ['x'.repeat(5000)] });
      throw new SupportError('unavailable', 'y'.repeat(200_000));
    }),
  ]);
  const { correlationId } = await tasks.start(ask());
  await settle();
  const view = tasks.status(correlationId);
  expect(Buffer.byteLength(JSON.stringify(view))).toBeLessThan(110_000);
  expect((view.results?.length ?? 0) + (view.moreResults ?? 0)).toBe(100);
  await tasks.stop(10);
});

describe('ResumeTask', () => {
  test('called twice at once works once', async () => {
    const gate = Promise.withResolvers<void>();
    let runs = 0;
    const { tasks, keeping } = tasksIn(newFolder(), [
      kind(async () => {
        runs += 1;
        if (runs === 1) throw new SupportError('unavailable', 'storage refused');
        await gate.promise;
      }),
    ]);
    const { correlationId } = await tasks.start(ask());
    await settle();
    keeping.add(correlationId);
    const both = await Promise.allSettled([1, 2].map(() => tasks.resume(correlationId, 'fresh')));
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(runs).toBe(2);
    gate.resolve();
    await settle();
    expect(tasks.status(correlationId).status).toBe('Completed');
    await tasks.stop(10);
  });

  test('hands a fresh SAS to a task that waits for storage, also over the next restart', async () => {
    const folder = newFolder();
    const kinds = [
      kind(async (context) => {
        while (context.sasUrl() !== 'fresh') await context.nudged();
        context.result({ with: context.sasUrl() });
        await forever();
      }),
    ];
    const first = tasksIn(folder, kinds);
    const { correlationId } = await first.tasks.start({ ...ask({ since: '1h' }), sasUrl: 'stale' });
    await settle();
    expect(await first.tasks.resume(correlationId, 'fresh')).toMatchObject({ status: 'Running' });
    await settle();
    expect(first.tasks.status(correlationId).results).toEqual([{ with: 'fresh' }]);
    const second = tasksIn(folder, kinds);
    second.tasks.recover();
    await settle();
    expect(second.tasks.status(correlationId).results).toEqual([{ with: 'fresh' }]);
    await second.tasks.stop(10);
    await first.tasks.stop(10);
  });

  test('a cancelled task says how far it had come', async () => {
    const { tasks } = tasksIn(newFolder(), [
      kind(async ({ progress, signal }) => {
        progress({ step: 'removing network one, 3 of 7' });
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      }),
    ]);
    const { correlationId } = await tasks.start(ask());
    expect(await tasks.cancel(correlationId)).toMatchObject({
      status: 'Cancelled',
      partial: ['It was cancelled at this step: removing network one, 3 of 7.'],
    });
    await tasks.stop(10);
  });

  test('a failed task that nothing resumes is not said to be resumable', async () => {
    const { work: _, ...once } = kind(async () => undefined);
    const { tasks, keeping } = tasksIn(newFolder(), [once]);
    const { correlationId } = await tasks.start(ask(), async ({ id }) => {
      keeping.add(id);
      throw new SupportError('unavailable', 'storage refused');
    });
    await settle();
    expect(tasks.status(correlationId).message).toBe(
      'Task upload failed because of error storage refused. The archive is kept on the device: DownloadArchive hands it out.',
    );
    await expect(tasks.resume(correlationId)).rejects.toMatchObject({ code: 'conflict' });
    await tasks.stop(10);
  });

  test('works again on a failed task whose archives are kept, and refuses what has nothing left', async () => {
    let tries = 0;
    const { tasks, keeping } = tasksIn(newFolder(), [
      kind(async (context) => {
        tries += 1;
        if (context.sasUrl() !== 'fresh') throw new SupportError('unavailable', 'storage refused');
      }),
    ]);
    const { correlationId } = await tasks.start({ ...ask(), sasUrl: 'stale' });
    await settle();
    expect(tasks.status(correlationId).status).toBe('Failed');
    await expect(tasks.resume(correlationId, 'fresh')).rejects.toMatchObject({ code: 'conflict' });
    keeping.add(correlationId);
    await expect(tasks.resume(correlationId)).rejects.toThrow('sasUrl must be given');
    await tasks.resume(correlationId, 'stale again');
    await settle();
    expect(tasks.status(correlationId).message).toBe(
      'Task upload failed because of error storage refused. The archive is kept on the device: ResumeTask sends it, with a fresh sasUrl if need be; DownloadArchive hands it out.',
    );
    expect((await tasks.resume(correlationId, 'fresh')).status).not.toBe('Failed');
    await settle();
    expect(tasks.status(correlationId).status).toBe('Completed');
    expect(tries).toBe(3);
    await expect(tasks.resume(correlationId)).rejects.toThrow(/is Completed and has no archive on this device/);
    await expect(tasks.resume('nobody')).rejects.toMatchObject({ code: 'not-found' });
    await tasks.stop(10);
  });
});

describe('a call that should end in time', () => {
  test('is answered, or refused, and leaves no task behind', async () => {
    const { tasks } = tasksIn(newFolder(), []);
    expect(await tasks.attempt(ask(), 1000, async () => [1])).toEqual({ answer: [1] });
    const refusal = new SupportError('timeout', 'the engine took too long');
    await expect(
      tasks.attempt(ask(), 1000, async () => {
        throw refusal;
      }),
    ).rejects.toBe(refusal);
    expect(tasks.list()).toEqual([]);
    await tasks.stop(10);
  });

  test('goes on as a task when it takes longer, which has the answer in the end', async () => {
    const { tasks } = tasksIn(newFolder(), []);
    const attempted = await tasks.attempt(ask(), 20, async () => {
      await settle(60);
      return { checks: 3 };
    });
    expect(attempted).toEqual({ task: { status: 'Running', message: '', correlationId: expect.any(String) } });
    await settle(100);
    expect(tasks.list()).toMatchObject([{ status: 'Completed', answer: { checks: 3 } }]);
    await tasks.stop(10);
  });

  test('does not go on for ever, and keeps no answer that is too large for GetTaskStatus', async () => {
    const { tasks } = tasksIn(newFolder(), []);
    await tasks.attempt(ask({}, 0.05), 10, forever);
    await tasks.attempt(ask(), 10, async () => {
      await settle(30);
      return 'x'.repeat(200_000);
    });
    await settle(150);
    expect(tasks.list().map(({ message }) => message)).toEqual([
      expect.stringContaining('its answer has 200002 bytes'),
      expect.stringContaining('did not finish within 50 ms'),
    ]);
    await tasks.stop(10);
  });
});

test('what is in hand already is done first; after a restart the work of the kind goes on', async () => {
  const folder = newFolder();
  const done: string[] = [];
  const works = kind(async () => void done.push('the work'));
  const first = tasksIn(folder, [works]);
  await first.tasks.start(ask(), async () => void done.push('in hand'));
  await settle();
  expect(done).toEqual(['in hand']);
  await first.tasks.start(ask(), forever);
  await settle();
  const second = tasksIn(folder, [works]);
  second.tasks.recover();
  await settle(50);
  expect(done).toEqual(['in hand', 'the work']);
  await Promise.all([first.tasks.stop(10), second.tasks.stop(10)]);
});

test('a repeated request finds its task by its id, also after a restart', async () => {
  const folder = newFolder();
  const first = tasksIn(folder, [kind(forever)]);
  const { correlationId } = await first.tasks.start({ ...ask(), requestId: 'r1', requestHash: 'h' });
  await settle();
  const second = tasksIn(folder, [kind(forever)]);
  expect(second.tasks.byRequest('r1')).toEqual({ id: correlationId, requestHash: 'h' });
  expect(second.tasks.byRequest('r2')).toBeUndefined();
  await second.tasks.stop(10);
  await first.tasks.stop(10);
});

test('without a data folder tasks work all the same, and one warning says what that means', async () => {
  const { tasks, log } = tasksIn('/dev/null/x', [kind(async () => undefined)]);
  const { correlationId } = await tasks.start(ask());
  await settle();
  expect(tasks.status(correlationId).status).toBe('Completed');
  expect(log.lines.filter((line) => line.includes('restart would forget'))).toEqual([
    expect.stringMatching(
      /^warning Tasks cannot be kept in \/dev\/null\/x\/tasks.journal; a restart would forget them: /,
    ),
  ]);
  await tasks.stop(100);
});
