import { dispatch } from '../../module/methods/index.ts';
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

test('the module that answers does not restart itself', async () => {
  const { answer, restarted } = await restart(environment.moduleId);
  expect(answer).toMatchObject({ status: 400, body: { message: expect.stringContaining('itself') } });
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
