import { SupportError } from '../../module/base/errors.ts';
import type { EdgeModule } from '../../module/docker/docker.ts';
import type { OwnParts } from '../../module/facts/fact.ts';
import { lastErrors } from '../../module/facts/last-errors.ts';
import { createSendHistory } from '../../module/facts/send-history.ts';
import { frame, streamed } from '../logs/support/frames.ts';
import { dockerWith, worldWith } from './support/world.ts';

const signal = new AbortController().signal;
const own: OwnParts = {
  proveChannel: async () => Promise.reject(new Error('none')),
  tryStorage: async () => undefined,
  upstreamSends: createSendHistory(),
  redact: (text) => text.replaceAll('planted-secret', '‹secret›'),
};

/** Reads the last errors of one module with this state, status and log. */
async function read(state: string, status: string, log: readonly string[] | Error, given: OwnParts | undefined = own) {
  const docker = dockerWith({
    modules: async () => [{ name: 'web', state, status } as EdgeModule],
    logs: async () => {
      if (log instanceof Error) throw log;
      return { tty: false, body: streamed(log.map((line) => frame(1, `${line}\n`))) };
    },
  });
  const world = { ...worldWith({ docker }), ...(given ? { own: given } : {}) };
  return (await lastErrors.read(world, signal, 1000)).lines['web'];
}

test.each([
  ['restarting', 'Restarting (139) 3 seconds ago'],
  ['exited', 'Exited (1) 2 minutes ago'],
  ['dead', 'Dead'],
  ['running', 'Up Less than a second'],
  ['running', 'Up 4 minutes'],
  ['running', 'Up 3 days (unhealthy)'],
])('the last error line of a module that is %s: %s', async (state, status) => {
  expect(await read(state, status, ['<6> starts', '<3> it broke', '<6> ends'])).toBe('<3> it broke');
});

test.each([
  ['running', 'Up 3 days (healthy)'],
  ['running', 'Up 45 minutes'],
  ['exited', 'Exited (0) 2 hours ago'],
  ['created', 'Created'],
])('nothing is read of a module that is %s: %s', async (state, status) => {
  expect(await read(state, status, ['<3> it broke'])).toBeUndefined();
});

test('without a level words tell, and without those the last line; colours, secrets and length are taken off', async () => {
  const exited = 'Exited (1) 2 minutes ago';
  expect(await read('exited', exited, ['System.Exception: no way', 'goodbye'])).toBe('System.Exception: no way');
  expect(await read('exited', exited, ['hello', 'goodbye', '', ''])).toBe('goodbye');
  expect(await read('exited', exited, ['\u001b[31mfatal:\u001b[0m\tkey planted-secret'])).toBe('fatal: key ‹secret›');
  expect((await read('exited', exited, [`error ${'x'.repeat(5000)}`]))?.length).toBe(300);
  expect(await read('exited', exited, [])).toBeUndefined();
});

test('a log that cannot be read spoils nothing, and nothing is quoted without the means to take secrets out', async () => {
  const gone = new SupportError('not-found', 'no such container');
  expect(await read('exited', 'Exited (1) 2 minutes ago', gone)).toBeUndefined();
  const docker = dockerWith();
  expect(await lastErrors.read(worldWith({ docker }), signal, 1000)).toEqual({ lines: {} });
});
