import type { FaultyState, State } from './state.ts';

/** What of RunCheck's answer a diagnosis is judged by. */
export interface CheckAnswer {
  readonly checks: Readonly<
    Record<
      string,
      {
        readonly result: { readonly result: string; readonly details?: readonly string[] };
        readonly reason?: string;
        readonly causedBy?: readonly string[];
      }
    >
  >;
  readonly rootCauses?: readonly { readonly check: string; readonly explains: readonly string[] }[];
}

/** How well a state was diagnosed. */
export interface Diagnosis {
  /** The checks named as root causes, in the answer's order. */
  readonly causes: readonly string[];
  /** Whether what was planted is among them; true where nothing was. */
  readonly found: boolean;
  /** Checks that the root cause is said to explain. */
  readonly explained: readonly string[];
  /** Warnings and errors that are neither the fault nor explained by another. */
  readonly alarms: readonly string[];
}

/** Compares an answer with what was planted. */
export function judge(answer: CheckAnswer, state: State & Partial<FaultyState>): Diagnosis {
  const roots = answer.rootCauses ?? [];
  const causes = roots.map(({ check }) => check);
  const complaining = Object.entries(answer.checks).filter(([, { result }]) => isComplaint(result.result));
  const alarms = complaining.filter(
    ([id, { causedBy = [] }]) => id !== state.cause && !(id in (state.alsoFine ?? {})) && causedBy.length === 0,
  );
  return {
    causes,
    found: state.cause === undefined || causes.includes(state.cause),
    explained: [...new Set(roots.flatMap(({ explains }) => explains))].sort(),
    alarms: alarms.map(([id]) => id).sort(),
  };
}

function isComplaint(result: string): boolean {
  return result === 'warning' || result === 'error' || result === 'fatal';
}
