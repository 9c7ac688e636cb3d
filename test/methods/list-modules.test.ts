import { dispatch } from '../../module/methods/index.ts';
import { type MemoryContainer, memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

test('an engine that does not say how busy modules are costs the list nothing else', async () => {
  const running: MemoryContainer = { state: 'running', startedAt: '2026-01-01T00:00:00Z' };
  const names = Array.from({ length: 30 }, (_, at) => `m${at}`);
  const plain = memoryDocker(Object.fromEntries(names.map((name) => [name, running])));
  const docker = {
    ...plain,
    inspect: async (name: string, signal: AbortSignal) => {
      const found = await plain.inspect(name, signal);
      return {
        ...found,
        State: { ...found.State, FinishedAt: '' },
        HostConfig: { LogConfig: { Type: 'json-file', Config: {} }, NetworkMode: 'none' },
        Mounts: [],
      } as never;
    },
    rawStats: () => new Promise<never>(() => undefined),
  };
  const own = services({ docker, variables: { EDGE_SUPPORT_METHOD_TIMEOUT_SECS: '2' } });
  const { status, body } = await dispatch({ name: 'ListModules', payload: undefined }, own);
  expect({ status, count: (body as { modules?: readonly object[] }).modules?.length }).toEqual({
    status: 200,
    count: 30,
  });
}, 15_000);
