import { dispatch } from '../../module/methods/index.ts';
import type { Services } from '../../module/methods/method.ts';
import { waitFor } from '../../sim/wait.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { memoryStorage } from '../support/memory-storage.ts';
import { services } from '../support/services.ts';

test('a unit that is named twice is one archive', async () => {
  const keys: string[] = [];
  const plain = memoryStorage();
  const storage: typeof plain = {
    ...plain,
    deliver: async (ask, context) => {
      keys.push(ask.key);
      return plain.deliver(ask, context);
    },
  };
  const own = services({ docker: memoryDocker({}), storage });
  const probes = {
    journal: async function* () {
      yield Buffer.from('a line\n');
    },
  };
  const withJournal = { ...own, world: () => ({ ...own.world(), probes }) } as unknown as Services;
  const call = (payload: object) =>
    dispatch({ name: 'GetSystemLogs', payload: Buffer.from(JSON.stringify(payload)) }, withJournal);
  const units = ['kernel', 'aziot-edged', 'kernel'];
  expect((await call({ units })).body).toEqual({
    logs: { kernel: { text: 'a line\n' }, 'aziot-edged': { text: 'a line\n' } },
  });
  const { body } = await call({ units, sasUrl: 'https://a.blob.core.windows.net/c?sig=x' });
  const { correlationId } = body as { readonly correlationId: string };
  await waitFor('the end', () => own.tasks.status(correlationId).status !== 'Running' || undefined, { limitMs: 5000 });
  expect(keys).toEqual(['kernel', 'aziot-edged']);
});
