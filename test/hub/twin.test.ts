import { trackDesired } from '../../module/hub/twin.ts';

function track() {
  const told: unknown[] = [];
  return { desired: trackDesired((all) => void told.push(all)), told };
}

test('patches go into the whole, null takes away, and each version is told once', () => {
  const { desired, told } = track();
  desired.reading();
  desired.whole({ a: { b: 1, c: 2 }, d: [1, 2], $version: 4 });
  expect(desired.patch({ a: { b: null, e: 3 }, d: [3], $version: 5 })).toBe(true);
  desired.reading();
  desired.whole({ a: { c: 2, e: 3 }, d: [3], $version: 5 });
  expect(told).toEqual([
    { a: { b: 1, c: 2 }, d: [1, 2], $version: 4 },
    { a: { c: 2, e: 3 }, d: [3], $version: 5 },
  ]);
});

test('a patch that arrives while the twin is read again is never taken for the whole', () => {
  const { desired, told } = track();
  desired.reading();
  desired.whole({ policy: { hostAccess: false }, $version: 1 });
  desired.reading();
  desired.patch({ logLevel: 'debug', $version: 2 });
  // The answer was made before the change.
  desired.whole({ policy: { hostAccess: false }, $version: 1 });
  expect(told).toHaveLength(2);
  expect(told.at(-1)).toEqual({ policy: { hostAccess: false }, logLevel: 'debug', $version: 2 });
});

test('before the first whole nothing is told, and what came is not lost', () => {
  const { desired, told } = track();
  desired.reading();
  expect(desired.patch({ late: true, $version: 8 })).toBe(true);
  expect(told).toEqual([]);
  desired.whole({ early: true, $version: 7 });
  expect(told).toEqual([{ early: true, late: true, $version: 8 }]);
});

test('a patch after one that was missed asks for the whole and is not taken', () => {
  const { desired, told } = track();
  desired.reading();
  desired.whole({ a: 1, $version: 1 });
  expect(desired.patch({ a: 3, $version: 3 })).toBe(false);
  expect(told).toHaveLength(1);
});

test('an old patch changes nothing', () => {
  const { desired, told } = track();
  desired.reading();
  desired.whole({ a: 5, $version: 5 });
  expect(desired.patch({ a: 4, $version: 4 })).toBe(true);
  expect(told).toEqual([{ a: 5, $version: 5 }]);
});

test('the twin of a module that was created anew starts over', () => {
  const { desired, told } = track();
  desired.reading();
  desired.whole({ a: 5, $version: 50 });
  desired.reading();
  desired.whole({ $version: 1 });
  expect(told.at(-1)).toEqual({ $version: 1 });
});
