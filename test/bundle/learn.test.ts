import { SupportError } from '../../module/base/errors.ts';
import { learnSecrets } from '../../module/bundle/learn.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { environment } from '../support/services.ts';

const container = (env: readonly string[]) => ({ state: 'running' as const, startedAt: '2026-01-01T00:00:00Z', env });
const never = new AbortController().signal;

test('secrets of the modules’ environments are learned; names that everybody needs are not', async () => {
  const docker = memoryDocker({
    filter: container(['DB_PASSWORD=hunter22', 'SECRET_NAME=device-1', 'TOKEN_OF=edgeHub', 'MODE=x']),
    edgeHub: container(['URL=https://u:hunter33@h/']),
  });
  const { secrets, lack } = await learnSecrets({ docker, env: environment }, 1000, never);
  expect([...secrets].sort()).toEqual(['hunter22', 'hunter33']);
  expect(lack).toBeUndefined();
});

test('an engine that hangs is not waited for', async () => {
  const docker = { ...memoryDocker({}), modules: () => new Promise<never>(() => undefined) };
  expect(await learnSecrets({ docker, env: environment }, 50, never)).toEqual({
    secrets: [],
    lack: expect.stringMatching(/^The environment of the modules could not be read: .* did not finish within 50 ms\./),
  });
});

test('a container that cannot be read is named; one that went meanwhile is none', async () => {
  const known = memoryDocker({ a: container(['DB_PASSWORD=hunter22']), b: container([]), c: container([]) });
  const inspect: typeof known.inspect = (name, signal) => {
    if (name === 'b') return Promise.reject(new SupportError('not-found', 'There is no container b.'));
    if (name === 'c') return Promise.reject(new SupportError('unavailable', 'The engine is slow.'));
    return known.inspect(name, signal);
  };
  expect(await learnSecrets({ docker: { ...known, inspect }, env: environment }, 1000, never)).toEqual({
    secrets: ['hunter22'],
    lack: expect.stringMatching(
      /^The environment of c could not be read: The engine is slow\. Their secrets are masked/,
    ),
  });
});

test('of too many the rest is told', async () => {
  const env = Array.from({ length: 501 }, (_, at) => `DB_PASSWORD_${at}=hunter-${at}-two`);
  const { secrets, lack } = await learnSecrets(
    { docker: memoryDocker({ a: container(env) }), env: environment },
    5000,
    never,
  );
  expect(secrets).toHaveLength(500);
  expect(lack).toMatch(/^There are more than 500 secrets\./);
});
