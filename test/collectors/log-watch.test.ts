import fc from 'fast-check';
import { severityOf, timeOf } from '../../module/collectors/log-level.ts';
import { createLogWatch } from '../../module/collectors/log-watch.ts';
import { logSignatures } from '../../module/facts/log-signs.ts';

async function watched(text: string, cut = 1 << 20) {
  const watch = createLogWatch('logs/m_log.txt');
  const bytes = Buffer.from(text);
  const chunks = (async function* () {
    for (let at = 0; at < bytes.length; at += cut) yield bytes.subarray(at, at + cut);
  })();
  const parts: Uint8Array[] = [];
  for await (const part of watch.tap(chunks)) parts.push(part);
  expect(Buffer.concat(parts).equals(bytes)).toBe(true);
  return watch.read();
}

const line = (secs: number, level: 'INF' | 'WRN' | 'ERR', text = 'text') => {
  const time = new Date(Date.UTC(2026, 0, 1) + secs * 1000).toISOString().replace('T', ' ').replace('Z', ' +00:00');
  return `<${{ INF: 6, WRN: 4, ERR: 3 }[level]}> ${time} [${level}] - ${text}\n`;
};
const at = (secs: number) => Date.UTC(2026, 0, 1) + secs * 1000;

test('lines, bytes, times, errors and warnings by minute', async () => {
  const text = [
    line(0, 'INF'),
    line(10, 'ERR'),
    line(20, 'WRN'),
    line(130, 'ERR'),
    line(131, 'ERR'),
    line(200, 'INF'),
  ].join('');
  expect(await watched(text)).toEqual({
    file: 'logs/m_log.txt',
    lines: 6,
    bytes: text.length,
    firstAt: at(0),
    lastAt: at(200),
    errors: 3,
    warnings: 1,
    rate: { from: at(0), stepMs: 60_000, errors: [1, 0, 2], warnings: [1, 0, 0] },
    signs: {},
    troubles: [
      { line: 2, text: line(10, 'ERR').trimEnd(), at: at(10) },
      { line: 4, text: line(130, 'ERR').trimEnd(), at: at(130), until: at(131) },
    ],
    starts: [],
    gaps: [],
    backwards: { count: 0, farthestMs: 0 },
  });
});

test('gaps, starts and times that go backwards', async () => {
  const text = [
    line(0, 'INF', 'Edge Hub Main()'),
    line(5, 'INF'),
    line(5 + 3600, 'INF'),
    line(3605, 'INF', 'Edge Hub Main()'),
    line(1000, 'INF'),
    line(1001, 'INF'),
  ].join('');
  expect(await watched(text)).toMatchObject({
    starts: [at(0), at(3605)],
    gaps: [{ from: at(5), to: at(3605) }],
    backwards: { count: 1, farthestMs: 2605 * 1000 },
  });
});

test.each(logSignatures.map((signature) => [signature.id, signature] as const))(
  'the sign %s: its example is found, at its line',
  async (id, { example, hints, pattern, reference }) => {
    expect(hints.some((hint) => example.toLowerCase().includes(hint))).toBe(true);
    expect(pattern.test(example)).toBe(true);
    expect(reference).toMatch(/^https:\/\/(github\.com\/Azure\/|learn\.microsoft\.com\/azure\/)/);
    const { signs } = await watched(`${line(0, 'INF')}${example}\n${line(60, 'INF')}${line(61, 'ERR', example)}`);
    expect(signs).toEqual({
      [id]: expect.objectContaining({ count: 2, first: expect.objectContaining({ line: 2, text: example }) }),
    });
    expect(signs[id]?.last).toMatchObject({ line: 4, at: at(61) });
  },
);

test('ids of signs are different, and there are at least twenty', () => {
  expect(new Set(logSignatures.map(({ id }) => id)).size).toBe(logSignatures.length);
  expect(logSignatures.length).toBeGreaterThanOrEqual(20);
});

test('an ordinary log holds no sign', async () => {
  const ordinary = [
    'Sent message 1 to edgeHub',
    'Obtained new token',
    'Certificate expires at 2026-12-01',
    'restart policy is always',
    'queue length 0, 0 errors',
  ];
  const { signs, errors } = await watched(ordinary.map((text, at) => line(at, 'INF', text)).join(''));
  expect({ signs, errors }).toEqual({ signs: {}, errors: 0 });
});

test('however the log is cut into whole lines, the same is seen', async () => {
  const some = fc.array(
    fc.tuple(
      fc.integer({ min: 0, max: 5000 }),
      fc.constantFrom('INF', 'WRN', 'ERR'),
      fc.constantFrom('a', 'No space left on device', 'x'.repeat(3000), 'Edge Agent Main()'),
    ),
    { minLength: 1, maxLength: 60 },
  );
  await fc.assert(
    fc.asyncProperty(some, fc.integer({ min: 1, max: 20 }), async (given, every) => {
      const lines = given.map(([secs, level, text]) => line(secs, level as 'INF', text));
      const whole = await watched(lines.join(''));
      const watch = createLogWatch('logs/m_log.txt');
      const chunks = (async function* () {
        for (let from = 0; from < lines.length; from += every)
          yield Buffer.from(lines.slice(from, from + every).join(''));
      })();
      for await (const _ of watch.tap(chunks));
      expect(watch.read()).toEqual(whole);
      expect(whole.errors).toBe(given.filter(([, level]) => level === 'ERR').length);
      expect(whole.lines).toBe(given.length);
    }),
  );
});

test('a long log is counted in longer steps, and what is kept is bounded', async () => {
  const days = Array.from({ length: 20_000 }, (_, at) => line(at * 120, 'ERR', 'No space left on device')).join('');
  const { rate, troubles, errors } = await watched(days);
  expect(rate?.errors.length).toBeLessThanOrEqual(240);
  expect(rate?.errors.reduce((sum, one) => sum + one, 0)).toBe(errors);
  expect(troubles).toHaveLength(100);
  expect(troubles[0]?.line).toBe(1);
  expect(troubles.at(-1)?.line).toBe(20_000);
});

test.each([
  ['<3>2026-01-01T00:00:00Z [ERR!] - text', 'error'],
  ['<6> 2026-01-01 00:00:00.000 +00:00 [INF] - an error was mended', undefined],
  ['2026-01-01 00:00:00 ERROR app: text', 'error'],
  ['{"level":"error","msg":"x"}', 'error'],
  ['{"level":50,"msg":"x"}', 'error'],
  ['{"level":"info","msg":"error"}', undefined],
  ['time="2026-01-01T00:00:00Z" level=warning msg="x"', 'warning'],
  ['fail: Microsoft.Hosting[0]', 'error'],
  ['WARNING: x', 'warning'],
  ['System.TimeoutException: Operation timeout expired.', 'error'],
  ['0 errors, 0 warnings', undefined],
  ['error: cannot open x', 'error'],
])('severity: %s', (text, severity) => {
  expect(severityOf(text)).toBe(severity);
});

test('times of several forms', () => {
  expect(timeOf('<6> 2026-01-01 00:00:00.123 +01:00 [INF]')).toBe(Date.UTC(2025, 11, 31, 23, 0, 0, 123));
  expect(timeOf('2026-01-01T00:00:00.123456Z x')).toBe(Date.UTC(2026, 0, 1, 0, 0, 0, 123));
  expect(timeOf('2026-01-01T00:00:00+0000 host x')).toBe(Date.UTC(2026, 0, 1));
  expect(timeOf('2026-01-01 00:00:00,5 x')).toBe(Date.UTC(2026, 0, 1, 0, 0, 0, 500));
  expect(timeOf('no time here')).toBeUndefined();
});

test('what a clock passes again after it went back is no gap', async () => {
  const text = [0, 5000, 1000, 5001, 9000].map((secs) => line(secs, 'INF')).join('');
  expect((await watched(text)).gaps).toEqual([
    { from: at(0), to: at(5000) },
    { from: at(5001), to: at(9000) },
  ]);
});
