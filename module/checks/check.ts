import type { Missing, Reading, SkipReason } from '../facts/fact.ts';
import type { FactName, Facts } from '../facts/index.ts';

/** The sections of `iotedge check`, by their titles there and in their order, then our own. */
export const sections = [
  'Configuration checks (aziot-identity-service)',
  'Connectivity checks (aziot-identity-service)',
  'Configuration checks',
  'Connectivity checks',
  'Field checks',
] as const;
/** Of what is judged only over a bundle, where whole logs were read. */
export const logSection = 'Logs';
export type Section = (typeof sections)[number] | typeof logSection;

/** The result words of `iotedge check -o json`. */
export type Outcome = 'ok' | 'warning' | 'ignored' | 'skipped' | 'fatal' | 'error';

/** A check's answer. Every answer that is not ok says why, and what to do where something can be done. */
export type Verdict = (
  | { readonly status: 'ok' }
  /** `details`: outermost message first, root cause last. `fix`: what to do. */
  | { readonly status: 'warning' | 'failed'; readonly details: readonly string[]; readonly fix: string }
  /** Does not apply on this device. Counts as success. */
  | { readonly status: 'ignored'; readonly why: string }
  /** Could not tell: a fact was unreadable, late, or not allowed. Never counts as success. */
  | { readonly status: 'skipped'; readonly reason: SkipReason; readonly why: string }
) & {
  /** The check's `additional_info`. */
  readonly info?: Readonly<Record<string, unknown>>;
  /** The original's verdict, where ours is deliberately different. */
  readonly iotedgeCheck?: Outcome;
};

/** What the caller may set for the judging. */
export interface CheckOptions {
  /** From this clock offset on, in seconds, the time counts as wrong. */
  readonly maxClockOffsetSecs: number;
  /** When the facts were read: what expires is judged by it. */
  readonly now: Date;
  /** The versions that ought to be installed; the online list is asked where there is none. */
  readonly expectedVersions: { readonly 'aziot-edge'?: string; readonly 'aziot-identity-service'?: string };
}

/** Those of `iotedge check`. */
export const defaultCheckOptions: Omit<CheckOptions, 'now'> = { maxClockOffsetSecs: 10, expectedVersions: {} };

/** A judgement over facts. No I/O: what a check may know is what it needs. */
export interface Check<N extends FactName = FactName> {
  readonly id: string;
  readonly section: Section;
  /** The description that `iotedge check` prints. */
  readonly title: string;
  readonly needs: readonly N[];
  judge(facts: { readonly [K in N]: Reading<Facts[K]> }, options: CheckOptions): Verdict;
}

/** Types what a check receives by what it needs. */
export function defineCheck<const N extends FactName>(check: Check<N>): Check<N> {
  return check;
}

/** The verdict when a fact that cannot be done without has no value. */
export function skippedFor({ unavailable, why }: Missing, info?: Readonly<Record<string, unknown>>): Verdict {
  return { status: 'skipped', reason: unavailable, why, ...(info ? { info } : {}) };
}
