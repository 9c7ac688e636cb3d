import { plantedSecrets } from '../../sim/workloads.ts';
import { compared, type DiagnosisRow, printed, rowOf } from './document.ts';
import { startCompleteEdge } from './edge.ts';
import { type CheckAnswer, judge } from './judge.ts';
import type { CompleteEdge, FaultyState, State } from './state.ts';
import { faultyStates, healthyStates } from './states.ts';

let edge: CompleteEdge;
beforeAll(async () => {
  edge = await startCompleteEdge();
  // Far more often than an operator would: a check run for each state.
  edge.hub.patchDesired(edge.moduleId, { policy: { callsPerMinute: ['RunCheck=6000'] } });
}, 90_000);
afterAll(() => edge?.stop(), 30_000);

const all: readonly (State & Partial<FaultyState>)[] = [...healthyStates, ...faultyStates];
const rows = new Map<string, DiagnosisRow>();

test.each(all.map((state) => [state.id, state.fault, state] as const))(
  '%s: %s',
  async (_, __, state) => {
    const undo = await state.plant(edge);
    try {
      const { status, payload } = await edge.invoke('RunCheck', { timeoutSecs: 20 }, { timeoutSecs: 60 });
      expect(status).toBe(200);
      const answer = payload as CheckAnswer;
      const diagnosis = judge(answer, state);
      rows.set(state.id, rowOf(state, diagnosis));
      const text = JSON.stringify(answer);
      for (const secret of [...Object.values(plantedSecrets), ...(state.secrets ?? [])])
        expect(text).not.toContain(secret);
      const details = diagnosis.alarms.map((id) => `${id}: ${answer.checks[id]?.result.details?.join(' ')}`);
      const cause = state.cause === undefined || state.missedBecause !== undefined ? [] : [state.cause];
      expect({ causes: diagnosis.causes.filter((id) => id === state.cause), alarms: details }).toEqual({
        causes: cause,
        alarms: [],
      });
    } finally {
      await undo();
    }
  },
  60_000,
);

test('docs/diagnosis.md says what this run found', async () => {
  console.log(printed([...rows.values()]));
  const { written, now } = await compared(
    all.map(({ id }) => id),
    rows,
  );
  expect(written).toBe(now);
});

test('at least 25 faults and 5 healthy devices, each with an id of its own', () => {
  expect(faultyStates.length).toBeGreaterThanOrEqual(25);
  expect(healthyStates.length).toBeGreaterThanOrEqual(5);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
});
