import type { LocalEdge } from '../../sim/edge.ts';
import type { Site } from '../../sim/site.ts';
import type { Workloads } from '../../sim/workloads.ts';

/** A device that has everything checks look at. */
export interface CompleteEdge extends LocalEdge {
  readonly site: Site;
  readonly workloads: Workloads;
  /** Starts our module anew, with more in its environment. */
  restartModule(env?: Readonly<Record<string, string>>): Promise<void>;
}

/** Takes a fault back. */
export type Undo = () => Promise<void>;

/** A state of the device. The fault is planted in its engine, its network or its files, never in what the module reads. */
export interface State {
  readonly id: string;
  /** What is wrong, for people. */
  readonly fault: string;
  /** Resolves when the fault can be seen. */
  plant(edge: CompleteEdge): Promise<Undo>;
  /** Checks that complain besides the root cause without being its effect, each with the reason why that is right. */
  readonly alsoFine?: Readonly<Record<string, string>>;
  /** Texts that may be nowhere in the answer. */
  readonly secrets?: readonly string[];
}

export interface FaultyState extends State {
  /** The check that must be named as root cause. */
  readonly cause: string;
  /** Why it is not found yet. The test fails as soon as it is found after all. */
  readonly missedBecause?: string;
}

/** Takes several back, the last first; all are tried, the first failure is thrown. */
export function allOf(undos: readonly Undo[]): Undo {
  return async () => {
    const failures: unknown[] = [];
    for (const undo of undos.toReversed()) await undo().catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
}

/** Turns a switch of the simulation. */
export function turn<T extends object, K extends keyof T>(parts: T, which: K, value: T[K]): Undo {
  const before = parts[which];
  parts[which] = value;
  return async () => {
    parts[which] = before;
  };
}
