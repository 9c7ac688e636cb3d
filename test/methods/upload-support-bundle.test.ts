import { SupportError } from '../../module/base/errors.ts';
import type { Docker } from '../../module/docker/docker.ts';
import { dispatch } from '../../module/methods/index.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

test('the task names the files of a bundle that are not whole', async () => {
  const base = memoryDocker({ m: { state: 'running', startedAt: '', log: 'a line\n' } });
  const docker: Docker = {
    ...base,
    networks: async () => {
      throw new SupportError('unavailable', 'networks: the engine is gone');
    },
  };
  const own = services({ docker });
  const payload = Buffer.from(JSON.stringify({ schemaVersion: '1.0', sasUrl: 'https://a/c?sig=x' }));
  const { body } = await dispatch({ name: 'UploadSupportBundle', payload }, own);
  const { correlationId } = body as { correlationId: string };
  for (;;) {
    const task = own.tasks.status(correlationId);
    if (task.status !== 'Running') {
      const [result] = task.results as [{ files: number; incomplete: object[] }];
      expect(task.status).toBe('Completed');
      expect(result.files).toBeGreaterThan(2);
      expect(result.incomplete).toContainEqual({
        name: 'networks',
        status: 'failed',
        reason: 'networks: the engine is gone',
      });
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}, 40_000);
