import { SupportError } from '../../module/base/errors.ts';
import type { Docker } from '../../module/docker/docker.ts';
import { dispatch, taskKinds } from '../../module/methods/index.ts';
import type { Services } from '../../module/methods/method.ts';
import { waitFor } from '../../sim/wait.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { memoryStorage } from '../support/memory-storage.ts';
import { services, type TestServices } from '../support/services.ts';

/*
 * What of CleanModuleLogs needs no engine; test/methods/take-away.engine.test.ts has the rest.
 */

const containerId = 'a'.repeat(64);

interface Device extends Omit<TestServices, 'docker'> {
  readonly inspect?: object;
  readonly docker?: Partial<Docker>;
}

/** A module `m` with a json-file log; `emptied` counts how often it was emptied, `removed` names what was removed. */
function device({ inspect = {}, docker: more = {}, ...rest }: Device = {}) {
  const running = { state: 'running', startedAt: '2026-01-01T00:00:00Z' } as const;
  const plain = memoryDocker({ edgeAgent: running, m: { ...running, log: 'one\ntwo\n' } });
  const seen = { emptied: 0, removed: [] as string[] };
  const docker: Docker = {
    ...plain,
    inspect: async (name, signal) => ({
      ...(await plain.inspect(name, signal)),
      Id: containerId,
      LogPath: `/var/lib/docker/containers/${containerId}/${containerId}-json.log`,
      HostConfig: { LogConfig: { Type: 'json-file', Config: {} } } as never,
      ...inspect,
    }),
    stop: async () => undefined,
    remove: async (_what, id) => void seen.removed.push(id),
    ...more,
  };
  const own = services({ docker, ...rest });
  const probes = {
    emptyLog: async () => {
      seen.emptied += 1;
      return { files: 1, bytes: 8 };
    },
  };
  const world = (() => ({ ...own.world(), probes })) as unknown as Services['world'];
  return { own: { ...own, world } as Services, seen };
}

const call = (own: Services, payload: object) =>
  dispatch(
    { name: 'CleanModuleLogs', payload: Buffer.from(JSON.stringify({ id: 'm', confirm: true, ...payload })) },
    own,
  );

async function finished(own: Services, body: unknown) {
  const { correlationId } = body as { readonly correlationId: string };
  const ended = () => {
    const task = own.tasks.status(correlationId);
    return task.status === 'Running' ? undefined : task;
  };
  return waitFor('the end', ended, { limitMs: 14_000, everyMs: 20 });
}

/** An engine that breaks off in the middle of the log. */
const breaking: Partial<Docker> = {
  logs: async () => ({
    tty: true,
    body: (async function* () {
      yield Buffer.from('one\n');
      throw new SupportError('unavailable', 'logs of m: the container engine closed the connection.');
    })(),
  }),
};

test.each([{}, { remove: true }])('a log of which only a part was uploaded is left alone (%p)', async (more) => {
  const { own, seen } = device({ docker: breaking, desired: { policy: { destructiveMethods: ['*'] } } });
  const { body } = await call(own, { uploadFirst: true, ...more });
  expect(await finished(own, body)).toMatchObject({
    status: 'Failed',
    message: expect.stringContaining(
      'nothing was cleaned, because the log was not uploaded: only a part of it could be read: the log breaks off here: ',
    ),
    results: [{ module: 'm', warnings: [expect.stringContaining('the log breaks off here')] }],
  });
  expect(seen).toEqual({ emptied: 0, removed: [] });
});

test('storage that cannot be reached is waited for no longer than timeoutSecs', async () => {
  const storage = { ...memoryStorage(), deliver: () => new Promise<never>(() => undefined) };
  const { own, seen } = device({ storage });
  const { body } = await call(own, { uploadFirst: true, timeoutSecs: 10 });
  expect(await finished(own, body)).toMatchObject({
    status: 'Failed',
    message: expect.stringContaining(
      'nothing was cleaned, because the log was not uploaded: Uploading the log did not finish within 10 s.',
    ),
  });
  expect(seen.emptied).toBe(0);
}, 20_000);

test.each([
  ['policy.protectedModules', { protectedModules: ['m'] }],
  ['policy.destructiveMethods', { destructiveMethods: [] }],
])('the owner may change his mind while the log is uploaded: %s', async (setting, change) => {
  const storage = memoryStorage(async () => void Object.assign(policy, change));
  const { own, seen } = device({ storage, desired: { policy: { destructiveMethods: ['*'] } } });
  const policy = { ...own.policy() };
  const changing: Services = { ...own, policy: () => policy };
  const { body } = await call(changing, { remove: true, uploadFirst: true });
  expect(await finished(changing, body)).toMatchObject({
    status: 'Failed',
    message: expect.stringContaining(setting),
  });
  expect(seen).toEqual({ emptied: 0, removed: [] });
});

test.each([
  ['no path', { LogPath: undefined }],
  ['an empty path', { LogPath: '' }],
  ['a path that is another file', { LogPath: '/etc/passwd' }],
  ['a path of another container', { LogPath: `/x/${'b'.repeat(64)}-json.log` }],
])('an engine that names %s is refused in a sentence', async (_, inspect) => {
  const { own, seen } = device({ inspect });
  expect(await call(own, {})).toEqual({
    status: 409,
    body: { message: 'The engine names no log file of m; it may not have been started yet.' },
  });
  expect(seen.emptied).toBe(0);
});

test('an engine that tells nothing of the log is refused, too', async () => {
  const { own } = device({ inspect: { HostConfig: undefined } });
  expect(await call(own, {})).toMatchObject({ status: 409 });
});

test('an emptying that a restart interrupts says so, also where the caller waited for it', async () => {
  const { own } = device();
  const kind = taskKinds(own).find(({ method }) => method === 'CleanModuleLogs');
  expect(await call(own, {})).toMatchObject({ status: 200, body: { freed: { files: 1 } } });
  const [task] = own.tasks.list();
  expect(task).toMatchObject({ method: 'CleanModuleLogs', status: 'Completed' });
  await expect(kind?.recover?.({ emptying: 'm' }, {} as never)).rejects.toThrow('while it emptied the log of m');
});
