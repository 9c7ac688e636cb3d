import { SupportError } from '../../module/base/errors.ts';
import type { Docker } from '../../module/docker/docker.ts';
import { patientDocker } from '../../module/docker/patient.ts';
import { memoryDocker } from '../support/memory-docker.ts';

const signal = AbortSignal.timeout(20_000);

/** An engine that fails so many calls before it answers. */
function failing(times: number, error: Error) {
  const docker = memoryDocker({ m: { state: 'running', startedAt: '' } });
  let calls = 0;
  const fails: Docker = {
    ...docker,
    modules: async (own) => {
      calls += 1;
      if (calls <= times) throw error;
      return docker.modules(own);
    },
  };
  return { docker: fails, calls: () => calls };
}

const gone = new SupportError('unavailable', 'nobody there', {
  cause: Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
});

test('an engine that comes back is waited for', async () => {
  const { docker, calls } = failing(3, gone);
  expect(await patientDocker(docker, { everyMs: 1 }).modules(signal)).toHaveLength(1);
  expect(calls()).toBe(4);
});

test('one that stays away is not, beyond what all calls together may wait', async () => {
  const { docker, calls } = failing(1000, gone);
  const patient = patientDocker(docker, { budgetMs: 5, everyMs: 1 });
  await expect(patient.modules(signal)).rejects.toBe(gone);
  expect(calls()).toBe(6);
  await expect(patient.modules(signal)).rejects.toBe(gone);
  expect(calls()).toBe(7);
});

test('what does not pass by itself is not tried again', async () => {
  for (const error of [new SupportError('not-found', 'no such'), new SupportError('unavailable', 'answered 500')]) {
    const { docker, calls } = failing(1000, error);
    await expect(patientDocker(docker, { everyMs: 1 }).modules(signal)).rejects.toBe(error);
    expect(calls()).toBe(1);
  }
});

test('waiting ends with the signal', async () => {
  const { docker } = failing(1000, gone);
  const reason = new Error('enough');
  await expect(patientDocker(docker, { everyMs: 1000 }).modules(AbortSignal.abort(reason))).rejects.toBe(gone);
  const ending = new AbortController();
  const asked = patientDocker(docker, { everyMs: 10_000 }).modules(ending.signal);
  setTimeout(() => ending.abort(reason), 10);
  await expect(asked).rejects.toBe(reason);
});

test('a socket that never was there is not waited for; one that went away is', async () => {
  const cause = Object.assign(new Error('none'), { code: 'ENOENT' });
  const { docker, calls } = failing(3, new SupportError('unavailable', 'there is no such socket', { cause }));
  const never = patientDocker({ ...docker, answered: () => false }, { everyMs: 1 });
  await expect(never.modules(signal)).rejects.toThrow('there is no such socket');
  expect(calls()).toBe(1);
  expect(await patientDocker({ ...docker, answered: () => true }, { everyMs: 1 }).modules(signal)).toHaveLength(1);
});
