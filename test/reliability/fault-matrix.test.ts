import { type FaultRow, merge, readRows, withoutVolatile, writeRows } from '../support/fault-matrix.ts';

const document = `# Title

<!-- rows of one: made by the tests, UPDATE_DOCS=1 writes them -->

| row | fault | what the operator sees | what is lost |
|---|---|---|---|
| \`a\` | fault a | **Completed** | nothing |
| \`b\` | fault b | **Failed**: this \\| that | all |

<!-- end of one -->

<!-- rows of other: made by the tests, UPDATE_DOCS=1 writes them -->

<!-- end of other -->
`;

const a: FaultRow = { id: 'a', fault: 'fault a', sees: '**Completed**', lost: 'nothing' };
const b: FaultRow = { id: 'b', fault: 'fault b', sees: '**Failed**: this | that', lost: 'all' };

test('rows are read as they were written, also with bars, and only those of the section', () => {
  expect(readRows(document, 'one')).toEqual([a, b]);
  expect(readRows(document, 'other')).toEqual([]);
  expect(writeRows(document, 'one', [a, b])).toBe(document);
  const longer = writeRows(document, 'other', [b]);
  expect(readRows(longer, 'other')).toEqual([b]);
  expect(readRows(longer, 'one')).toEqual([a, b]);
  expect(() => readRows(document, 'third')).toThrow('third');
});

test('a text with dollar signs is written as it is', () => {
  const row = { ...a, sees: "$& and $' of $upstream" };
  expect(readRows(writeRows(document, 'one', [row]), 'one')).toEqual([row]);
});

test('what ran counts, what did not run keeps its text, and what is not defined any more goes', () => {
  const changed = { ...b, lost: 'nothing' };
  const found = new Map([['b', changed]]);
  expect(merge([a, b], ['b', 'a'], found)).toEqual([changed, a]);
  expect(merge([a, b], ['b'], found)).toEqual([changed]);
  expect(merge([a], ['a', 'b'], found)).toEqual([a, changed]);
});

test('what differs from run to run is taken out; statuses and names stay', () => {
  expect(
    withoutVolatile(
      'Blob Storage at 10.213.2.1:10000 refused (503) at 2026-11-25T01:58:28.136Z: next try in 12.5 s, ' +
        '1048576 bytes, 37 % of 12 MB, block 3 of 5, task bc0082a5-fa5f-4d8f-8b41-7c3bebbcae05, 4 tries',
    ),
  ).toBe(
    'Blob Storage at HOST refused (503) at TIME: next try in N s, N bytes, N % of N MB, block N of N, task ID, 4 tries',
  );
});
