import { SupportError } from '../../module/base/errors.ts';
import type { Docker } from '../../module/docker/docker.ts';
import { dispatch } from '../../module/methods/index.ts';
import type { Services } from '../../module/methods/method.ts';
import { waitFor } from '../../sim/wait.ts';
import { type MemoryContainer, memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

/*
 * What of RecreateModules needs no engine; test/methods/take-away.engine.test.ts has the rest.
 */

const running = (): MemoryContainer => ({ state: 'running', startedAt: '2026-01-01T00:00:00Z' });
const stopped = (): MemoryContainer => ({ state: 'exited', startedAt: '2026-01-01T00:00:00Z' });

/** Modules that IoT Edge makes anew at once, as they are to be: those that ran run again. */
function device(containers: Record<string, MemoryContainer>, more: (plain: Docker) => Partial<Docker> = () => ({})) {
  const plain = memoryDocker(containers);
  const removed: string[] = [];
  const docker: Docker = {
    ...plain,
    inspect: async (name, signal) => {
      const found = await plain.inspect(name, signal);
      const times = removed.filter((id) => id.startsWith(`${name}-`)).length;
      const State = { ...found.State, ...(times > 0 ? { StartedAt: `2026-01-02T00:00:0${times}Z` } : {}) };
      const network = { NetworkMode: 'azure-iot-edge', LogConfig: { Type: 'json-file', Config: {} } };
      return { ...found, Id: `${name}-${times}`, State, Mounts: [], HostConfig: network } as never;
    },
    stop: async () => undefined,
    remove: async (_what, id) => void removed.push(id),
    ...more(plain),
  };
  const own = services({ docker, desired: { policy: { destructiveMethods: ['*'], protectedModules: ['kept'] } } });
  return { own, removed };
}

const call = (own: Services, payload: object = {}) =>
  dispatch({ name: 'RecreateModules', payload: Buffer.from(JSON.stringify(payload)) }, own);

interface Plan {
  readonly remove: readonly { readonly id: string }[];
  readonly confirm: string;
  readonly edgeAgent?: string;
  readonly messages?: string;
}

async function confirmed(own: Services, more: object = {}) {
  const plan = (await call(own)).body as Plan;
  const answer = await call(own, { confirm: plan.confirm, bundleFirst: false, acceptMessageLoss: true, ...more });
  const { correlationId = '' } = answer.body as { readonly correlationId?: string };
  const ended = () => {
    const task = own.tasks.status(correlationId);
    return task.status === 'Running' ? undefined : task;
  };
  return { plan, answer, finished: () => waitFor('the end', ended, { limitMs: 10_000, everyMs: 20 }) };
}

test.each([
  ['has no container', {}],
  ['is not running (exited)', { edgeAgent: stopped() }],
])('nothing is removed while edgeAgent %s', async (how, agent) => {
  const { own, removed } = device({ m: running(), ...agent });
  const message = `edgeAgent ${how}: nobody would make anew what is removed. GetSystemStatus and RunCheck tell why.`;
  const { plan, answer } = await confirmed(own);
  expect(plan.edgeAgent).toBe(message);
  expect(answer).toEqual({ status: 409, body: { message } });
  const payload = Buffer.from('{"id":"m","confirm":true,"remove":true}');
  expect(await dispatch({ name: 'CleanModuleLogs', payload }, own)).toEqual({ status: 409, body: { message } });
  expect(removed).toEqual([]);
});

test('a module that was stopped is back when it has a new container', async () => {
  const { own, removed } = device({ edgeAgent: running(), m: running(), off: stopped() });
  const { finished } = await confirmed(own, { timeoutSecs: 30 });
  expect(await finished()).toMatchObject({ status: 'Completed' });
  expect(removed).toEqual(['m-0', 'off-0', 'edgeAgent-0']);
}, 15_000);

test('one that is removed while they are listed is left out', async () => {
  const { own } = device({ edgeAgent: running(), m: running() }, (plain) => ({
    modules: async (signal) => {
      const [first, ...others] = await plain.modules(signal);
      return [{ ...(first as object), name: 'gone' }, first, ...others] as never;
    },
  }));
  const { status, body } = await call(own);
  expect({ status, ids: (body as Plan).remove?.map(({ id }) => id) }).toEqual({ status: 200, ids: ['m', 'edgeAgent'] });
});

test('messages are asked about only where edgeHub goes', async () => {
  const { own } = device({ edgeAgent: running(), m: running() });
  const { plan, answer } = await confirmed(own, { acceptMessageLoss: false });
  expect(plan.messages).toBeUndefined();
  expect(answer).toMatchObject({ status: 200 });
  await own.tasks.stop(100);
});

test('the owner’s leave is asked for again before each removal', async () => {
  const policy = { destructiveMethods: ['*'] };
  const { own, removed } = device({ edgeAgent: running(), a: running(), b: running() }, () => ({
    stop: async () => {
      policy.destructiveMethods = [];
    },
  }));
  const changing: Services = { ...own, policy: () => ({ ...own.policy(), ...policy }) };
  const { finished } = await confirmed(changing, { timeoutSecs: 30 });
  const { status, message } = await finished();
  expect({ status, message, removed }).toEqual({
    status: 'Failed',
    message:
      'Task recreate modules failed because of error RecreateModules may take nothing away on this device (setting policy.destructiveMethods, environment variable EDGE_SUPPORT_DESTRUCTIVE_METHODS).',
    removed: ['a-0'],
  });
}, 15_000);

test('a removal that the engine refuses is told, and the others go all the same', async () => {
  const gone: string[] = [];
  const { own } = device({ edgeAgent: running(), m: running() }, () => ({
    inspect: async (name) => {
      const times = gone.filter((id) => id.startsWith(`${name}-`)).length;
      const StartedAt = `2026-01-02T00:00:0${times}Z`;
      return { Id: `${name}-${times}`, State: { Status: 'running', Running: true, StartedAt } } as never;
    },
    remove: async (_what, id) => {
      if (id === 'm-0')
        throw new SupportError('unavailable', 'remove container m-0: the container engine answered 500.');
      gone.push(id);
    },
  }));
  const { finished } = await confirmed(own, { timeoutSecs: 30 });
  expect(await finished()).toMatchObject({
    status: 'Failed',
    message: expect.stringContaining('the container engine answered 500.'),
    results: [{ id: 'm', removed: false }, { id: 'edgeAgent' }],
  });
}, 15_000);
