import { SupportError } from '../../module/base/errors.ts';
import { parseTime } from '../../module/logs/time.ts';

const now = new Date('2026-01-02T03:04:05.900Z');
const iso = (value: string) => new Date(parseTime(value, 'since', now) * 1000).toISOString().slice(0, 19);

test.each([
  ['2026-01-01', '2026-01-01T00:00:00'],
  ['2026-01-01T10:30', '2026-01-01T10:30:00'],
  ['2026-01-01 10:30', '2026-01-01T10:30:00'],
  ['2026-01-01T10:30+02:00', '2026-01-01T08:30:00'],
  ['2026-01-01t10:30:59.999z', '2026-01-01T10:30:59'],
  ['  2026-01-01T10:30:00Z\n', '2026-01-01T10:30:00'],
  ['1767225600123', '2026-01-01T00:00:00'],
  ['1767225600', '2026-01-01T00:00:00'],
  ['15m', '2026-01-02T02:49:05'],
  ['1.5h', '2026-01-02T01:34:05'],
  ['1h 500ms', '2026-01-02T02:04:05'],
  ['1M', '2025-12-02T16:30:29'],
  ['2w', '2025-12-19T03:04:05'],
])('%j is %s', (value, expected) => {
  expect(iso(value)).toBe(expected);
});

test.each([
  '',
  ' ',
  'yesterday',
  'P1D',
  '1D',
  '1h, 2m',
  '2026-02-30',
  '2026-01-01T25:00:00Z',
  '2026-01-01T10:30:00+0000',
  '2026-01-01T10:30:00 Z',
  '1e3',
  '0x10',
  '99999999999999999999',
  '9999999999999999',
  '5000000y',
  'h',
])('%j is refused by name', (value) => {
  const read = () => parseTime(value, 'items[2].filter.until', now);
  expect(read).toThrow(SupportError);
  expect(read).toThrow(/^invalid parameter: until\. Expected in items\[2\]\.filter\.until a time such as /);
});
