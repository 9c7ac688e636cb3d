import fc from 'fast-check';
import { fitLines } from '../../module/methods/fit-text.ts';

test.each(['last', 'first'] as const)(
  'whole lines that fit, the %s ones, and no fewer than about half of what could',
  (keep) => {
    const line = fc.string({ unit: fc.constantFrom('a', '"', '\\', 'é', '\u0001', '🙂'), maxLength: 40 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 200 }), fc.integer({ min: 2, max: 4000 }), (lines, most) => {
        const whole = lines.map((one) => `${one}\n`).join('');
        const { text, cut } = fitLines(whole, most, keep);
        expect(Buffer.byteLength(JSON.stringify(text))).toBeLessThanOrEqual(most);
        expect(keep === 'last' ? whole.endsWith(text) : whole.startsWith(text)).toBe(true);
        expect(text === '' || text.endsWith('\n')).toBe(true);
        expect(cut).toBe(text.length < whole.length);
      }),
    );
  },
);

test('a text that fits is left alone', () => {
  expect(fitLines('a\nb', 100, 'last')).toEqual({ text: 'a\nb', cut: false });
});
