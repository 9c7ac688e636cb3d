import { checkTable, columns } from '../../../sim/cli/print.ts';

test('checks are shown with their marks and first reasons', () => {
  const table = checkTable({
    checks: {
      a: { result: { result: 'ok' } },
      b: { result: { result: 'warning', details: ['first\nsecond', 'cause'] } },
      c: { result: { result: 'error', details: [] } },
      d: { result: { result: 'skipped' }, why: 'x'.repeat(200) },
    },
  });
  expect(table).toBe(
    ['√ a - ok', '‼ b - warning', '    first', '× c - error', '- d - skipped', `    ${'x'.repeat(98)} …`].join('\n'),
  );
});

test('sizes stand in one column', () => {
  expect(
    columns([
      { name: 'a', size: 5 },
      { name: 'b', size: 1000 },
    ]),
  ).toBe('   5  a\n1000  b');
});
