import { createAllowance } from '../../module/triggers/allowance.ts';

const minute = 60_000;

test('so many of a module, and so many of all, within any hour', () => {
  let now = 0;
  const { take } = createAllowance(
    () => 2,
    3,
    () => now,
  );
  expect([take('a'), take('a'), take('a')]).toEqual([true, true, false]);
  now = 30 * minute;
  expect([take('b'), take('b')]).toEqual([true, false]);
  now = 60 * minute;
  expect([take('a'), take('b'), take('b')]).toEqual([true, true, false]);
});

test('what was refused does not count, and a changed limit holds at once', () => {
  let now = 0;
  let most = 1;
  const { take } = createAllowance(
    () => most,
    20,
    () => now,
  );
  take('a');
  for (let tries = 0; tries < 100; tries += 1) expect(take('a')).toBe(false);
  most = 2;
  expect(take('a')).toBe(true);
  now = 60 * minute;
  expect(take('a')).toBe(true);
});
