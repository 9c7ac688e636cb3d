import { type DiagnosisRow, readRows, rowOf, writeRows } from './document.ts';
import { type CheckAnswer, judge } from './judge.ts';
import type { FaultyState } from './state.ts';

const state: FaultyState = {
  id: 'dns-dead',
  fault: 'the name server is dead',
  cause: 'dns',
  plant: async () => async () => undefined,
};
const check = (result: string, causedBy: readonly string[] = []) => ({ result: { result }, causedBy });

const answer: CheckAnswer = {
  checks: {
    dns: check('error'),
    mqtt: check('error', ['dns']),
    disk: check('warning'),
    clock: check('ok'),
    journal: check('skipped'),
  },
  rootCauses: [
    { check: 'dns', explains: ['mqtt'] },
    { check: 'disk', explains: [] },
  ],
};

test('the fault is found by its check; a complaint that nothing explains is a false alarm', () => {
  expect(judge(answer, state)).toEqual({ causes: ['dns', 'disk'], found: true, explained: ['mqtt'], alarms: ['disk'] });
  expect(judge(answer, { ...state, alsoFine: { disk: 'it is full' } }).alarms).toEqual([]);
  expect(judge(answer, { ...state, cause: 'clock' })).toMatchObject({ found: false, alarms: ['disk', 'dns'] });
});

test('on a healthy device every complaint is a false alarm', () => {
  const { cause: _, ...healthy } = state;
  expect(judge(answer, healthy)).toMatchObject({ found: true, alarms: ['disk', 'dns'] });
});

test('a row says what was found, why not, and what was wrongly said of a healthy device', () => {
  const none = { causes: [], found: false, explained: [], alarms: [] };
  expect(rowOf(state, none)).toMatchObject({ verdict: 'missed', alarms: 'none' });
  expect(rowOf({ ...state, missedBecause: 'no check' }, none)).toMatchObject({ verdict: 'missed: no check' });
  const { cause: _, ...healthy } = state;
  expect(rowOf(healthy, { ...none, found: true })).toMatchObject({ cause: 'none', verdict: 'quiet' });
  expect(rowOf(healthy, { ...none, found: true, alarms: ['x', 'y'] })).toMatchObject({
    verdict: 'alarmed',
    alarms: 'x, y',
  });
});

test('the document has the rows that were written into it, and their sums', () => {
  const text =
    '# T\n\n<!-- made by test/faults, UPDATE_DOCS=1 writes it -->\n\n<!-- end of what test/faults made -->\n';
  const healthy: DiagnosisRow = {
    ...rowOf(state, judge(answer, state)),
    id: 'well',
    cause: 'none',
    verdict: 'quiet',
    alarms: 'none',
  };
  const rows = [rowOf(state, judge(answer, state)), { ...healthy, explained: 'none' }];
  const written = writeRows(text, rows);
  expect(readRows(written)).toEqual(rows);
  expect(written).toContain('1 faulty states: 1 found, 0 missed. 1 healthy ones. False alarms in all: 1.');
  expect(writeRows(written, rows)).toBe(written);
});
