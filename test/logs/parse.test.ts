import { parseLine } from '../../module/logs/parse.ts';

const stampOf = (line: string) => parseLine(line).timestamp;

test('an impossible date is taken out of the text but gives no timestamp', () => {
  expect(parseLine('<4> 2024-02-30 10:00:00.000 +00:00 [WRN] - x')).toMatchObject({
    level: 4,
    timestamp: undefined,
    text: '[WRN] - x',
  });
  expect(stampOf('2024-03-01T24:00:00.000000000Z x')).toBeUndefined();
  expect(stampOf('2024-03-01 10:00:00,000 +00:00 x')).toBeUndefined();
  expect(stampOf('2024-03-01 10:00:00.000 +15:00 x')).toBeUndefined();
});

test('the own timestamp is taken when the engine’s is impossible', () => {
  expect(stampOf('2024-13-01T10:00:00.000000000Z 2024-03-01 10:00:00.000 +00:00 x')).toBe('2024-03-01T10:00:00+00:00');
});

test('rounding to 100 ns carries into the next second, minute and year', () => {
  expect(stampOf('2024-12-31T23:59:59.999999960Z x')).toBe('2025-01-01T00:00:00+00:00');
  expect(stampOf('2024-12-31T23:59:59.999999940Z x')).toBe('2024-12-31T23:59:59.9999999+00:00');
});

test('a very long line without anything to find takes no time', () => {
  const started = performance.now();
  expect(parseLine(`${' '.repeat(200_000)}x`).text).toBe('x');
  expect(parseLine('2024-03-01 '.repeat(50_000)).level).toBe(6);
  expect(performance.now() - started).toBeLessThan(500);
});
