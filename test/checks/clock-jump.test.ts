import { clockJump } from '../../module/checks/clock-jump.ts';
import { readFacts } from '../../module/facts/index.ts';
import { worldWith } from '../facts/support/world.ts';
import { options } from './support/readings.ts';

/** By a clock that is off by so many seconds, as one is that was set after this process was started. */
async function judge(seconds: number) {
  const now = () => new Date(Date.now() + seconds * 1000);
  return clockJump.judge(await readFacts(['clockJump'], worldWith({ now })), options);
}

test('a clock that goes on as it did is fine, and small corrections are', async () => {
  expect(await judge(0)).toMatchObject({ status: 'ok', info: { jumped_seconds: expect.any(Number) } });
  expect(await judge(-8)).toMatchObject({ status: 'ok' });
});

test.each([
  [3600, 'forward', 3600],
  [-7200, 'back', 7200],
])('a clock that was set by %d s is a warning', async (seconds, way, amount) => {
  const verdict = await judge(seconds);
  expect(verdict).toMatchObject({ status: 'warning' });
  const [detail = ''] = 'details' in verdict ? verdict.details : [];
  const told = new RegExp(`went ${way} by (\\d+) s`).exec(detail)?.[1];
  expect(Math.abs(Number(told) - amount)).toBeLessThanOrEqual(2);
});
