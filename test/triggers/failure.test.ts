import type { FollowedEvent } from '../../module/docker/docker.ts';
import { createJudge } from '../../module/triggers/failure.ts';

/** What a judge says of these events of one container, a second apart: `action`, or `action detail`. */
function judged(...told: readonly (string | Partial<FollowedEvent>)[]) {
  const judge = createJudge();
  return told.flatMap((one, index) => {
    const event = {
      name: 'web',
      containerId: 'c1',
      at: 1000 * (index + 1),
      ...(typeof one === 'string' ? read(one) : one),
    };
    const failure = judge(event as FollowedEvent);
    return failure ? [failure] : [];
  });
}

function read(text: string): Partial<FollowedEvent> {
  const [, action = '', detail] = /^(kill|die) (\d+)$/.exec(text) ?? ['', text];
  if (detail === undefined) return { action };
  return action === 'kill' ? { action, signal: Number(detail) } : { action, exitCode: Number(detail) };
}

const died = (exitCode: number) => ({ module: 'web', containerId: 'c1', kind: 'died', exitCode });

test.each([
  ['a crash', ['start', 'die 139'], [died(139)]],
  ['a crash of which the start was not seen', ['die 1'], [died(1)]],
  ['an end with status 0 that nobody ordered', ['start', 'die 0'], [died(0)]],
  ['a crash loop', ['start', 'die 1', 'start', 'die 1'], [died(1), died(1)]],
  ['docker stop', ['start', 'kill 15', 'die 143', 'stop'], []],
  ['docker stop of what does not listen', ['start', 'kill 15', 'kill 9', 'die 137', 'stop'], []],
  ['docker stop, its events in another order', ['start', 'kill 15', 'stop', 'die 143'], []],
  ['docker restart, and a crash after it', ['kill 15', 'die 143', 'stop', 'start', 'restart', 'die 2'], [died(2)]],
  ['docker rm --force', ['start', 'kill 9', 'die 137', 'destroy'], []],
  ['docker kill with another way to end', ['start', 'kill 3', 'die 0'], []],
  ['a stop of which only the end was seen', ['start', 'stop', 'die 143'], []],
  ['a kill by the kernel, without a word of the engine', ['start', 'die 137'], [died(137)]],
  ['a signal that orders no end, long before a crash', ['start', 'kill 1', 'die 1'], [{ ...died(1), signal: 1 }]],
  ['an order that an earlier run was given', ['kill 15', 'die 143', 'start', 'die 1'], [died(1)]],
  ['an unhealthy container', ['start', 'health_status: healthy', 'health_status: unhealthy'], [{ kind: 'unhealthy' }]],
  ['one that is unhealthy while it is stopped', ['start', 'kill 15', 'health_status: unhealthy', 'die 143'], []],
  [
    'unhealthy, then restarted by edgeAgent',
    ['health_status: unhealthy', 'kill 15', 'die 143'],
    [{ kind: 'unhealthy' }],
  ],
  ['out of memory', ['start', 'oom', 'die 137'], [{ kind: 'out-of-memory' }, { ...died(137), outOfMemory: true }]],
  ['out of memory, told after the end', ['start', 'die 137', 'oom'], [died(137)]],
  ['out of memory of several processes', ['start', 'oom', 'oom', 'oom'], [{ kind: 'out-of-memory' }]],
])('%s', (_, events, failures) => {
  const found = judged(...events);
  expect(found).toEqual(failures.map((one) => expect.objectContaining(one)));
});

test('an out-of-memory kill long before an end is none of its causes', () => {
  const [, end] = judged({ action: 'oom', at: 1000 }, { action: 'die', exitCode: 1, at: 60_000 });
  expect(end).toEqual({ ...died(1), at: 60_000 });
});

test.each([
  ['always', 1],
  ['on-unhealthy', 1],
  ['on-failure', 0],
  ['never', 0],
])('with restart policy %s an end with status 0 counts %d times, and one with 1 always', (restartPolicy, count) => {
  expect(judged({ action: 'die', exitCode: 0, restartPolicy })).toHaveLength(count);
  expect(judged({ action: 'die', exitCode: 1, restartPolicy })).toHaveLength(1);
});

test('an order to one container is none to the next of its name', () => {
  const next = { containerId: 'c2' };
  const found = judged({ action: 'kill', signal: 15 }, { action: 'die', exitCode: 1, ...next });
  expect(found).toEqual([expect.objectContaining({ ...died(1), ...next })]);
});

test('more containers than any device has are forgotten, the oldest first', () => {
  const judge = createJudge();
  const event = (containerId: string, action: string) =>
    judge({ name: 'web', containerId, action, at: 1, exitCode: 1, signal: 9 });
  event('first', 'kill');
  for (let number = 0; number < 1000; number += 1) event(`c${number}`, 'kill');
  expect(event('c999', 'die')).toBeUndefined();
  expect(event('first', 'die')).toMatchObject({ kind: 'died' });
});
