import { backoffMs, channelLimits } from '../../module/hub/limits.ts';

test('the pause after a failure doubles from 1 s to 5 min, less up to half of it', () => {
  const { backoffMinMs, backoffMaxMs } = channelLimits;
  for (const [failures, full] of [
    [1, 1000],
    [2, 2000],
    [5, 16_000],
    [9, 256_000],
    [10, 300_000],
    [1_000_000, 300_000],
  ] as const) {
    const pauses = Array.from({ length: 200 }, () => backoffMs(failures, backoffMinMs, backoffMaxMs));
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(full / 2);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(full);
    expect(Math.max(...pauses) - Math.min(...pauses)).toBeGreaterThan(full / 4);
  }
});
