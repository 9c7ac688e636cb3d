import fc from 'fast-check';
import { createNeedles } from '../../module/redact/needles.ts';

/** Letters in both cases, and what differs from a letter in the one bit that its case does. */
const letters = fc.constantFrom(...'abAB[{@`01 é'.split(''));
const words = (minLength: number, maxLength: number) =>
  fc.array(letters, { minLength, maxLength }).map((parts) => parts.join(''));

test('every needle is found wherever it is, in any case, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(words(4, 8), { minLength: 1, maxLength: 40 }), words(0, 400), (needles, text) => {
      const bytes = Buffer.from(text, 'latin1');
      const found: string[] = [];
      createNeedles(needles).scan(bytes, 0, bytes.length, (at, needle) => {
        found.push(`${at} ${needle}`);
        return undefined;
      });
      const lower = (value: string) => value.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      const expected = needles.flatMap((needle, number) =>
        Array.from(text, (_, at) => at)
          .filter((at) => lower(text.slice(at, at + needle.length)) === lower(needle))
          .map((at) => `${at} ${number}`),
      );
      expect(found.toSorted()).toEqual(expected.toSorted());
    }),
    { numRuns: 500 },
  );
});

test('a needle that is too short is refused', () => {
  expect(() => createNeedles(['abc'])).toThrow('"abc" is too short for a needle.');
});
