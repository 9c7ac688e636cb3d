import { containerLocalTime } from '../../module/checks/container-local-time.ts';
import type { Facts } from '../../module/facts/index.ts';
import { noEngine, options, value } from './support/readings.ts';

const now = Date.UTC(2026, 0, 2, 3, 4, 5);
const judge = (engine: number, tookMs = 100) => {
  const clock = { engine, before: now, after: now + tookMs };
  return containerLocalTime.judge({ engineInfo: value({ clock } as Facts['engineInfo']) }, options);
};

test('the same clock is ok, however slow the answer', () => {
  expect(judge(now + 50)).toMatchObject({ status: 'ok', info: { diff: 0, expected_duration: { nanos: 50_000_000 } } });
  expect(judge(now, 60_000)).toMatchObject({ status: 'ok', info: { diff: 0 } });
});

test('9 s are ok, 10 s are not', () => {
  expect(judge(now - 9_999)).toMatchObject({ status: 'ok', info: { diff: 9 } });
  expect(judge(now - 10_000)).toMatchObject({
    status: 'failed',
    details: ['Detected time drift between host and container', expect.stringContaining('10 s ahead of')],
    info: { diff: 10 },
  });
  expect(judge(now + 10_100)).toHaveProperty(['details', 1], expect.stringContaining('10 s behind'));
});

test('without the engine, or without its time, it is skipped', () => {
  expect(containerLocalTime.judge({ engineInfo: noEngine }, options)).toMatchObject({ reason: 'docker-unavailable' });
  expect(judge(Number.NaN)).toMatchObject({ status: 'skipped', reason: 'unreadable' });
});
