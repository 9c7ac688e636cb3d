import { SupportError } from '../../module/base/errors.ts';
import { compilePattern, matchNames, openMatcher } from '../../module/logs/pattern.ts';

const never = new AbortController().signal;

const finds = (pattern: string, text: string) => matchNames(compilePattern(pattern, 'regex'), [text]).length === 1;

test.each([
  ['(?i)ERROR', 'an error', true],
  ['(?im)^ERROR$', 'first\nerror', true],
  ['(?i-i)ERROR', 'an error', false],
  ['(?s)a.b', 'a\nb', true],
  ['a.b', 'a\nb', false],
  ['a.b', 'a\rb', true],
  ['a.b', 'a\u2028b', true],
  ['[.]', 'x', false],
  ['\\Aab', 'xab', false],
  ['\\Aab\\z', 'ab', true],
  ['(?m)\\Ab', 'a\nb', false],
  ['(?m)a\\z', 'a\nb', false],
  ['a\\Z', 'a\n', true],
  ['a\\z', 'a\n', false],
  ['\\e\\[32m', '\x1b[32m', true],
  ['[]a]', ']', true],
  ['[^]a]', ']', false],
  ['[\\]\\-]', '-', true],
  ['(?<d>a)\\k<d>', 'aa', true],
  ['(?i:A)b', 'ab', true],
  ['\\.\\*', '.*', true],
  ['(?!x)a(?=b)(?<=a)b(?<!c)', 'ab', true],
])('%j in %j: %p', (pattern, text, found) => {
  expect(finds(pattern, text)).toBe(found);
});

test.each([
  ['*', 'Nothing to repeat'],
  ['(', 'Unterminated group'],
  ['[a', 'a "[" is not closed'],
  ['a\\', 'it ends in a backslash'],
  ['[a\\', 'a "[" is not closed'],
  ['(?x)a', 'the flag "x" in (?x) is not supported; supported are i, m and s'],
  ['a(?i)b', 'flags such as (?i) are supported at the start only'],
  ['(?>a)', 'atomic groups, "(?>", are not supported'],
  ['(?(1)a)', 'conditions, "(?(", are not supported'],
  ['(?#note)a', 'comments, "(?#", are not supported'],
  ["(?'n'a)", 'write a named group as (?<name>…)'],
  ['(?<a-b>x)', 'balancing groups, "(?<a-b>", are not supported'],
  ['[a-z-[aeiou]]', 'taking one class from another, "-[", is not supported'],
  ['\\p{Lu}', '"\\p" is not supported'],
  ['\\Ga', '"\\G" is not supported'],
  ['[\\h]', '"\\h" is not supported'],
  ['a'.repeat(2001), 'it has 2001 characters, more than 2000'],
])('%j is refused: %s', (pattern, why) => {
  const read = () => compilePattern(pattern, 'items[0].filter.regex');
  expect(read).toThrow(SupportError);
  expect(read).toThrow(`items[0].filter.regex: "${pattern.slice(0, 80)}" is not a usable pattern: ${why}.`);
});

const hostile = '^(([a-z])+.)+[A-Z]([a-z])+$';
const beyondLinear = '(?=x*)((a+)+)\\2$';
const victim = 'a'.repeat(60);

test('a pattern that would take for ever on the module names is refused after a moment', () => {
  const started = performance.now();
  expect(() => matchNames(compilePattern(beyondLinear, 'items[0].id', 'i'), [`${victim}!`])).toThrow(
    /^items\[0\]\.id: .* took more than 200 ms on the module names\. .* simplify it\.$/,
  );
  expect(performance.now() - started).toBeLessThan(1000);
});

test('lines are matched batch by batch', async () => {
  const matcher = openMatcher(compilePattern('(?i)DISK', 'regex'));
  expect([...(await matcher.match(['disk full', 'fine', 'Disk ok'], never))]).toEqual([1, 0, 1]);
  expect([...(await matcher.match(['fine'], never))]).toEqual([0]);
  await matcher.close();
});

test('what backtracks too much goes on in the linear engine', async () => {
  const matcher = openMatcher(compilePattern(hostile, 'regex'));
  expect([...(await matcher.match([victim], never))]).toEqual([0]);
  await matcher.close();
});

test('what the linear engine does not know ends after the limit, and the module is free meanwhile', async () => {
  const matcher = openMatcher(compilePattern(beyondLinear, 'regex'));
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 20);
  await expect(matcher.match([`${victim}!`], never)).rejects.toThrow(/took more than 2 s on 1 lines/);
  clearInterval(timer);
  await matcher.close();
  expect(ticks).toBeGreaterThan(30);
}, 10_000);

test('the signal ends a match', async () => {
  const matcher = openMatcher(compilePattern(beyondLinear, 'regex'));
  await expect(matcher.match([`${victim}!`], AbortSignal.timeout(50))).rejects.toThrow(/aborted due to timeout/);
  await matcher.close();
});
