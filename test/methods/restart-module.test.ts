import { SupportError } from '../../module/base/errors.ts';
import type { Docker } from '../../module/docker/docker.ts';
import { dispatch } from '../../module/methods/index.ts';
import { outcomeOf } from '../../module/methods/restart.ts';
import { waitFor } from '../../sim/wait.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { environment, services } from '../support/services.ts';

const running = { state: 'running', startedAt: '2026-01-01T00:00:00Z' } as const;

async function restart(id: string, desired = {}) {
  const docker = memoryDocker({ m: { ...running }, [environment.moduleId]: { ...running } });
  const payload = Buffer.from(JSON.stringify({ schemaVersion: '1.0', id }));
  const answer = await dispatch({ name: 'RestartModule', payload }, services({ docker, desired }));
  return { answer, restarted: docker.restarted };
}

test('a module that the owner protects is not restarted', async () => {
  const { answer, restarted } = await restart('m', { policy: { protectedModules: ['M'] } });
  expect(answer).toMatchObject({ status: 403, body: { message: expect.stringContaining('policy.protectedModules') } });
  expect(restarted).toEqual([]);
});

test('the module that answers ends, so that IoT Edge starts it anew; the engine is not asked for it', async () => {
  const docker = memoryDocker({ [environment.moduleId]: { ...running } });
  const own = services({ docker });
  const payload = Buffer.from(JSON.stringify({ schemaVersion: '1.0', id: environment.moduleId }));
  const answer = await dispatch({ name: 'RestartModule', payload }, own);
  expect(answer).toMatchObject({ status: 200, body: { status: 'Running', correlationId: expect.any(String) } });
  await waitFor('the end', () => own.log.lines.includes('info The process ends.') || undefined, { limitMs: 5000 });
  expect(docker.restarted).toEqual([]);
  await own.tasks.stop(100);
});

test('edgeHub is restarted behind the answer, verified, with its result in the task', async () => {
  const docker = memoryDocker({ edgeHub: { ...running } });
  const own = services({ docker });
  const payload = Buffer.from(JSON.stringify({ schemaVersion: '1.0', id: 'edgeHub' }));
  const { body } = await dispatch({ name: 'RestartModule', payload }, own);
  expect(docker.restarted).toEqual([]);
  const { correlationId } = body as { readonly correlationId: string };
  const ended = await waitFor(
    'the restart',
    () => {
      const task = own.tasks.status(correlationId);
      return task.status === 'Running' ? undefined : task;
    },
    { limitMs: 8000 },
  );
  expect(docker.restarted).toEqual(['edgeHub']);
  expect(ended).toMatchObject({
    status: 'Completed',
    results: [{ id: 'edgeHub', before: { startedAt: running.startedAt }, after: { state: 'running' } }],
  });
}, 15_000);

test('RestartRuntime restarts edgeAgent, then edgeHub', async () => {
  const docker = memoryDocker({ edgeHub: { ...running }, edgeAgent: { ...running } });
  const own = services({ docker });
  const { body } = await dispatch({ name: 'RestartRuntime', payload: undefined }, own);
  const { correlationId } = body as { readonly correlationId: string };
  await waitFor('the end', () => own.tasks.status(correlationId).status === 'Completed' || undefined, {
    limitMs: 10_000,
  });
  expect(docker.restarted).toEqual(['edgeAgent', 'edgeHub']);
  expect(own.tasks.status(correlationId).results).toHaveLength(2);
}, 15_000);

test('a module is not restarted again at once', async () => {
  const docker = memoryDocker({ m: { ...running }, n: { ...running } });
  const own = services({ docker });
  const restartOf = (id: string) =>
    dispatch({ name: 'RestartModule', payload: Buffer.from(JSON.stringify({ schemaVersion: '1.0', id })) }, own);
  expect(await restartOf('m')).toMatchObject({ status: 200 });
  expect(await restartOf('m')).toMatchObject({
    status: 429,
    body: {
      message: expect.stringMatching(
        /^m was restarted \d+ s ago; it may be again in \d+ s \(setting restartCooldown\)\.$/,
      ),
    },
  });
  expect(await restartOf('n')).toMatchObject({ status: 200 });
  expect(docker.restarted).toEqual(['m', 'n']);
});

test('of calls at once only one restarts, also where the restart is behind the answer', async () => {
  const docker = memoryDocker({ edgeHub: { ...running }, edgeAgent: { ...running }, m: { ...running } });
  const own = services({ docker });
  const call = async (name: string, id?: string) =>
    (await dispatch({ name, payload: Buffer.from(JSON.stringify({ schemaVersion: '1.0', id })) }, own)).status;
  expect((await Promise.all([call('RestartModule', 'm'), call('RestartModule', 'm')])).sort()).toEqual([200, 429]);
  expect([await call('RestartModule', 'edgeHub'), await call('RestartModule', 'edgeHub')]).toEqual([200, 429]);
  // It would restart edgeHub again: refused as a whole, so that edgeAgent stays free.
  expect(await call('RestartRuntime')).toBe(429);
  expect(await call('RestartModule', 'edgeAgent')).toBe(200);
  await waitFor('the restarts', () => docker.restarted.length === 3 || undefined, { limitMs: 8000 });
  expect([...docker.restarted].sort()).toEqual(['edgeAgent', 'edgeHub', 'm']);
  await own.tasks.stop(100);
}, 15_000);

test.each(['RestartModule', 'RestartRuntime'])(
  '%s behind the answer, too, ends at its time limit',
  async (name) => {
    const docker = memoryDocker({ edgeHub: { ...running }, edgeAgent: { ...running } });
    // The engine takes the order and never answers.
    const own = services({ docker: { ...docker, restart: () => new Promise(() => undefined) } });
    const payload = Buffer.from(JSON.stringify({ schemaVersion: '1.0', id: 'edgeAgent', timeoutSecs: 1 }));
    const { body } = await dispatch({ name, payload }, own);
    const { correlationId } = body as { readonly correlationId: string };
    const ended = () => {
      const task = own.tasks.status(correlationId);
      return task.status === 'Running' ? undefined : task;
    };
    expect(await waitFor('the end', ended, { limitMs: 6000 })).toMatchObject({
      status: 'Failed',
      message: expect.stringContaining('Restarting edgeAgent did not finish within 1 s.'),
    });
  },
  15_000,
);

test('a module that ends again, or turns unhealthy, is told with the end of its log', async () => {
  const docker = memoryDocker({ m: { ...running, log: 'one\nwhy it ended\n' } });
  const crashing: Docker = {
    ...docker,
    inspect: async (name, signal) => {
      const found = await docker.inspect(name, signal);
      if (docker.restarted.length === 0) return found;
      return { ...found, State: { ...found.State, Status: 'exited', Running: false, ExitCode: 3 } };
    },
  };
  const payload = Buffer.from('{"schemaVersion":"1.0","id":"m"}');
  expect(await dispatch({ name: 'RestartModule', payload }, services({ docker: crashing }))).toEqual({
    status: 503,
    body: {
      message: 'Module m was restarted but ended again with exit code 3. The end of its log: one | why it ended',
    },
  });
});

test('only what the owner allows is restarted', async () => {
  const { answer, restarted } = await restart('m', { policy: { restartableModules: ['n'] } });
  expect(answer).toMatchObject({
    status: 403,
    body: { message: expect.stringContaining('policy.restartableModules') },
  });
  expect(restarted).toEqual([]);
});

test.each(['a b', 'm/../m', '../m', 'm ', '/m', 'm?t=0'])(
  'F70: "%s" is refused and never reaches the engine',
  async (id) => {
    const { answer, restarted } = await restart(id);
    expect(answer).toMatchObject({
      status: 404,
      body: { message: `Module ${id} not found in the current environment` },
    });
    expect(restarted).toEqual([]);
  },
);

describe('cancelled', () => {
  /** Calls a method and cancels its task at this step. */
  async function cancelledAt(own: ReturnType<typeof services>, name: string, payload: object, step: string) {
    const { body } = await dispatch({ name, payload: Buffer.from(JSON.stringify(payload)) }, own);
    const { correlationId } = body as { readonly correlationId: string };
    await waitFor(step, () => own.tasks.status(correlationId).step?.startsWith(step) || undefined, {
      limitMs: 8000,
      everyMs: 10,
    });
    return own.tasks.cancel(correlationId);
  }
  const again = async (own: ReturnType<typeof services>, id: string) => {
    const payload = Buffer.from(JSON.stringify({ schemaVersion: '1.0', id }));
    return (await dispatch({ name: 'RestartModule', payload }, own)).status;
  };

  test.each([
    ['RestartModule', { schemaVersion: '1.0', id: 'edgeAgent' }, 'edgeAgent'],
    ['RestartModule', { schemaVersion: '1.0', id: environment.moduleId }, environment.moduleId],
    ['RestartRuntime', {}, 'edgeAgent'],
  ])(
    '%s %p before the answer has left restarts nothing, and may be called again at once',
    async (name, payload, first) => {
      const docker = memoryDocker({ edgeHub: { ...running }, edgeAgent: { ...running }, edgeSupport: { ...running } });
      const own = services({ docker });
      const step = `waiting for the answer to leave before ${first} is restarted`;
      expect(await cancelledAt(own, name, payload, step)).toMatchObject({
        status: 'Cancelled',
        partial: [`It was cancelled at this step: ${step}.`],
      });
      for (const id of ['edgeAgent', 'edgeHub', environment.moduleId]) expect(await again(own, id)).toBe(200);
      expect(docker.restarted).toEqual([]);
      expect(own.log.lines).not.toContain('info The process ends.');
      await own.tasks.stop(100);
    },
  );

  test('RestartRuntime behind edgeAgent leaves edgeHub, which may be restarted at once', async () => {
    const docker = memoryDocker({ edgeHub: { ...running }, edgeAgent: { ...running } });
    const own = services({ docker });
    const step = 'waiting until edgeAgent, which was restarted, is well';
    expect(await cancelledAt(own, 'RestartRuntime', {}, step)).toMatchObject({
      status: 'Cancelled',
      partial: [`It was cancelled at this step: ${step}.`],
    });
    expect(docker.restarted).toEqual(['edgeAgent']);
    expect([await again(own, 'edgeAgent'), await again(own, 'edgeHub')]).toEqual([429, 200]);
    await own.tasks.stop(100);
  }, 15_000);
});

describe('after a start of this module in the middle of a restart', () => {
  const outcome = (docker: Docker, id: string, wellMs: number) =>
    outcomeOf(
      { docker, env: environment },
      { id, startedAt: running.startedAt },
      wellMs,
      { signal: new AbortController().signal },
      100,
    );
  const startedLater = { state: 'running', startedAt: '2026-01-02T00:00:00Z' } as const;
  const starting = (docker: Docker): Docker => ({
    ...docker,
    inspect: async (name, signal) => {
      const found = await docker.inspect(name, signal);
      return { ...found, State: { ...found.State, Health: { Status: 'starting' } } } as never;
    },
  });

  test('what was not started again was not restarted, and is said to be as it is', async () => {
    const docker = memoryDocker({ m: { ...running } });
    await expect(outcome(docker, 'm', 100)).rejects.toMatchObject({
      code: 'unavailable',
      message: `this module ended meanwhile, and m (running) has not been started since ${running.startedAt}: it was not restarted.`,
    });
    expect(docker.restarted).toEqual([]);
  });

  test('what was restarted, and is not healthy yet, is given its time, and never said not to have been restarted', async () => {
    await expect(outcome(starting(memoryDocker({ m: startedLater })), 'm', 200)).rejects.toMatchObject({
      code: 'timeout',
      message: 'Waiting until m, which was restarted, is well did not finish within 200 ms.',
    });
  });

  test('this module itself is there: its own health check need not have run yet', async () => {
    const own = starting(memoryDocker({ [environment.moduleId]: startedLater }));
    await expect(outcome(own, environment.moduleId, 200)).resolves.toMatchObject({
      id: environment.moduleId,
      after: { state: 'running', health: 'starting' },
    });
  });

  test('an engine that is not back yet is waited for', async () => {
    const docker = memoryDocker({ m: startedLater });
    let asked = 0;
    const away: Docker = {
      ...docker,
      inspect: async (name, signal) => {
        asked += 1;
        const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
        if (asked === 1) throw new SupportError('unavailable', 'the engine cannot be reached', { cause });
        return docker.inspect(name, signal);
      },
    };
    const notes = { id: 'm', startedAt: running.startedAt };
    const { signal } = new AbortController();
    await expect(outcomeOf({ docker: away, env: environment }, notes, 2000, { signal })).resolves.toMatchObject({
      after: { state: 'running' },
    });
  });
});
