import type { Docker, FollowedEvent } from '../../module/docker/docker.ts';
import type { FailureShelf } from '../../module/storage/failures.ts';
import { createAllowance } from '../../module/triggers/allowance.ts';
import { followFailures } from '../../module/triggers/follow-failures.ts';
import { createRecords } from '../../module/triggers/records.ts';
import { waitFor } from '../../sim/wait.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

const year = 365 * 86_400_000;

/** What is counted of these ends, told one by one, when the watch began at `since` by a clock that is at `now` then. */
async function endsOf(since: number, now: number, ...at: readonly number[]) {
  const ending = new AbortController();
  let told = 0;
  const docker: Docker = {
    ...memoryDocker({}),
    async *follow(_since, signal) {
      for (const one of at) {
        const event: FollowedEvent = { name: 'web', containerId: `c${one}`, action: 'die', exitCode: 0, at: one };
        yield [{ ...event, restartPolicy: 'never' }];
        told += 1;
      }
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    },
  };
  const records = createRecords(since);
  const parts = {
    services: { ...services({ docker }), now: () => new Date(now) },
    shelf: {} as FailureShelf,
    allowance: createAllowance(() => 3, 20),
    records,
    onKept: () => undefined,
  };
  const following = followFailures(parts, since, ending.signal);
  await waitFor('the events', () => told === at.length || undefined, { limitMs: 2000, everyMs: 5 });
  ending.abort();
  await following;
  return records.read().modules['web']?.ends ?? 0;
}

test('what ended before the watch began does not count', async () => {
  expect(await endsOf(2 * year, 2 * year, year, 2 * year - 60_000, 2 * year + 10)).toBe(1);
});

test('a clock that was ahead when the watch began, and is set back, does not make it blind', async () => {
  expect(await endsOf(3 * year, 2 * year, year, 2 * year + 10)).toBe(1);
});
