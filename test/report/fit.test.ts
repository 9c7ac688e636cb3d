import fc from 'fast-check';
import type { CheckResult, CheckRun } from '../../module/checks/run.ts';
import { clip, clipList, jsonBytes } from '../../module/report/clip.ts';
import { fitJson, fitText } from '../../module/report/fit.ts';
import { toCheckJson } from '../../module/report/result.ts';
import { toCheckText } from '../../module/report/text.ts';

const result = (id: string, more: Partial<CheckResult>): CheckResult => ({
  id,
  section: 'Configuration checks',
  title: `the ${id}`,
  outcome: 'ok',
  details: [],
  info: {},
  durationMs: 5,
  ...more,
});
const run = (...results: readonly CheckResult[]): CheckRun => ({
  startedAt: new Date(0),
  durationMs: 1,
  results,
  readings: {},
});
const failing = (id: string, details: readonly string[], info = {}) =>
  result(id, { outcome: 'error', details, advice: 'Mend it.', info });
const long = (letters: number, letter = 'x') => letter.repeat(letters);

test('what fits is answered as it is', () => {
  const json = toCheckJson(run(failing('a', ['bad'], { x: 1 })));
  expect(fitJson(json, jsonBytes(json))).toBe(json);
  const text = toCheckText(run(failing('a', ['bad'])));
  expect(fitText(text, jsonBytes({ text }))).toEqual({ text });
});

test('F67: the additional_info of checks that are fine goes first, the largest of it, and nothing else', () => {
  const results = [
    result('large', { info: { list: long(5000) } }),
    result('small', { info: { offset: 0 } }),
    failing('bad', ['It is bad.', 'because'], { list: long(2000) }),
  ];
  const whole = toCheckJson(run(...results));
  const { truncated, cut, ...fitted } = fitJson(whole, 5000);
  expect({ truncated, cut }).toEqual({ truncated: true, cut: { additional_info: ['large'] } });
  expect(fitted).toEqual({
    ...whole,
    checks: { ...whole.checks, large: { ...whole.checks['large'], additional_info: {} } },
  });
});

test('F67: then long texts lose their middle, with a mark, and long lists too', () => {
  const details = [
    'What is wrong.',
    ...Array.from({ length: 300 }, (_, at) => `cause ${at}`),
    `root ${long(9000)} end`,
  ];
  const fitted = fitJson(toCheckJson(run(failing('bad', details, { x: 1 }), result('fine', { info: { y: 2 } }))), 5000);
  expect(fitted).toMatchObject({ truncated: true, cut: { texts: ['bad'] } });
  expect(fitted.cut).not.toHaveProperty('additional_info');
  const cut = fitted.checks['bad']?.result.details ?? [];
  expect(cut[0]).toBe('What is wrong.');
  expect(cut[10]).toBe('… 282 more cut …');
  expect(cut.at(-1)).toMatch(/^root x+ … \d+ characters cut … x+ end$/);
  expect(fitted.checks['bad']?.additional_info).toEqual({ x: 1 });
});

test('F67: of seventy checks that all say far too much, none loses its result, its reason or its place among the root causes', () => {
  const limit = 118_000;
  const results = Array.from({ length: 70 }, (_, at) =>
    at % 7 === 0
      ? result(`skipped-${at}`, { outcome: 'skipped', reason: 'mount-missing', why: long(30_000, 'ü') })
      : failing(`a-check-with-quite-a-long-name-${at}`, Array(50).fill(long(20_000, '\u0007')), { x: long(9000, '"') }),
  );
  const whole = toCheckJson(run(...results));
  const fitted = fitJson(whole, limit);
  expect(jsonBytes(fitted)).toBeLessThanOrEqual(limit);
  const kept = (json: typeof whole) =>
    Object.entries(json.checks).map(([id, { result, reason, section, page }]) => [
      id,
      result.result,
      reason,
      section,
      page,
    ]);
  expect(kept(fitted)).toEqual(kept(whole));
  expect(fitted.rootCauses.map(({ check, explains }) => [check, explains])).toEqual(
    whole.rootCauses.map(({ check, explains }) => [check, explains]),
  );
  expect(fitted.summary).toEqual(whole.summary);
});

test('a head with more disks than anyone reads is cut, too', () => {
  const whole = toCheckJson(run(failing('bad', [long(10_000)])));
  const head = { ...whole.additional_info, disks: Array(2000).fill({ name: long(50) }) };
  const fitted = fitJson({ ...whole, additional_info: head }, 6000);
  expect(jsonBytes(fitted)).toBeLessThanOrEqual(6000);
  expect(fitted.cut?.texts).toEqual(['bad', 'head']);
});

test('F67: a text is cut at the end of a line, says so, and keeps its counts', () => {
  const whole = toCheckText(run(...Array.from({ length: 40 }, (_, at) => failing(`c${at}`, [long(100, 'é')]))));
  const fitted = fitText(whole, 3000);
  expect(jsonBytes(fitted)).toBeLessThanOrEqual(3000);
  expect(fitted).toMatchObject({ truncated: true, cut: { lines: expect.any(Number) } });
  const [before, end] = fitted.text.split(`\n… ${fitted.cut?.lines} more lines were cut …\n`);
  expect(whole.startsWith(`${before}\n`)).toBe(true);
  expect(end).toBe('\n0 check(s) succeeded.\n40 check(s) raised errors.\n');
  expect(whole.split('\n').length).toBe(
    (before?.split('\n').length ?? 0) + (fitted.cut?.lines ?? 0) + (end?.split('\n').length ?? 0) - 1,
  );
});

test('clip keeps both ends, in whole characters, and never takes much more than it may', () => {
  expect(clip('short', 60)).toBe('short');
  expect(clip(`a${long(500)}z`, 60)).toMatch(/^ax{41} … \d+ characters cut … x{17}z$/);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 4000 }), fc.integer({ min: 10, max: 3000 }), (text, bytes) => {
      const short = clip(text, bytes);
      expect(jsonBytes(short)).toBeLessThanOrEqual(bytes + 40);
      expect(short.isWellFormed()).toBe(text.isWellFormed());
    }),
  );
});

test('a list keeps its first and its last', () => {
  expect(clipList(['a', 'b', 'c'], 3)).toEqual(['a', 'b', 'c']);
  expect(clipList(['a', 'b', 'c', 'd'], 2)).toEqual(['a', '… 2 more cut …', 'd']);
});
