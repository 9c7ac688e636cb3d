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
  const found = await learnSecrets({ docker, env: environment }, 1000, never);
  expect([...found].sort()).toEqual(['hunter22', 'hunter33']);
});

test('an engine that hangs is not waited for', async () => {
  const docker = { ...memoryDocker({}), modules: () => new Promise<never>(() => undefined) };
  expect(await learnSecrets({ docker, env: environment }, 50, never)).toEqual([]);
});
