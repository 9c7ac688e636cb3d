import { readCustomRules } from '../../module/redact/custom.ts';
import { createRedactor } from '../../module/redact/redact.ts';

const withRules = (...texts: readonly string[]) => {
  const { rules, refused } = readCustomRules(texts);
  expect(refused).toEqual({});
  return createRedactor({ key: Buffer.alloc(32, 7), known: () => [], custom: () => rules });
};

test('a rule of the owner takes out what it matches, or what its group does, and is counted by its name', async () => {
  const own = withRules('serial=PLC-[0-9]{6}', 'customer=customer "([^"]+)"');
  const account = new Map<string, number>();
  const text = 'PLC-123456 of customer "Jörg & Co" at PLC-12\n';
  const expected = `${own.token('PLC-123456')} of customer "${own.token('Jörg & Co')}" at PLC-12\n`;
  expect(own.text(text, 'all', account)).toBe(expected);
  expect(Object.fromEntries(account)).toEqual({ serial: 1, customer: 1 });
  const parts: Uint8Array[] = [];
  const source = (async function* () {
    for (const letter of Buffer.from(text)) yield Uint8Array.of(letter);
  })();
  for await (const part of own.stream(source, 'known')) parts.push(part);
  expect(Buffer.concat(parts).toString()).toBe(expected);
});

test('a pattern that would backtrack for ever elsewhere takes linear time', () => {
  const own = withRules('slow=(?:a+)+b');
  const started = performance.now();
  own.text(`${'a'.repeat(100_000)}c`);
  expect(performance.now() - started).toBeLessThan(5000);
});

test('what cannot be used is refused by its place, and the others hold', () => {
  const { rules, refused } = readCustomRules(['a=(', 'b=x*', 'c=ok', 'd=(?=x)']);
  expect(rules.map(({ name }) => name)).toEqual(['c']);
  expect(refused).toEqual({
    0: expect.stringMatching(/^is not a usable rule: .*\.$/),
    1: 'is not a usable rule: it matches the empty text.',
    3: expect.stringMatching(/^is not a usable rule: .*\.$/),
  });
});
