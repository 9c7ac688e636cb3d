import fc from 'fast-check';
import { createSample } from '../../../module/methods/messages/sample.ts';

const sampleOf = (max: number, sources: string) => {
  const sample = createSample<string>(max);
  for (const [index, source] of [...sources].entries()) {
    // What is not wanted is not kept either.
    if (!sample.wants(source)) continue;
    sample.add(source, `${source}${index}`);
  }
  return sample.all().join(' ');
};

test.each([
  [3, 'aaaaa', 'a0 a1 a2'],
  [4, 'aaaaabb', 'a0 a1 b5 b6'],
  [4, 'aaaaabcd', 'a0 b5 c6 d7'],
  [2, 'abcdef', 'a0 b1'],
  [3, 'ab', 'a0 b1'],
  [0, 'ab', ''],
])('of %i the sources %s keep %s', (max, sources, kept) => {
  expect(sampleOf(max, sources)).toBe(kept);
});

test('the shares of sources that send enough differ by one at the most', () => {
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 20 }), fc.array(fc.constantFrom('a', 'b', 'c')), (max, sources) => {
      const all = [...sources, ...'abc'.repeat(max)].join('');
      const kept = sampleOf(max, all);
      const counts = ['a', 'b', 'c'].map((source) => kept.split(' ').filter((one) => one.startsWith(source)).length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      expect(counts.reduce((sum, one) => sum + one)).toBe(max);
    }),
  );
});
