import { diagnose, type RootCause } from '../checks/causes.ts';
import type { Outcome, Section } from '../checks/check.ts';
import type { CheckResult, CheckRun } from '../checks/run.ts';
import type { SkipReason } from '../facts/fact.ts';
import { hostInfo } from './host-info.ts';
import { pageOf } from './page.ts';

/** How many checks ended how, and what that makes of the whole. */
export interface CheckSummary {
  readonly succeeded: number;
  readonly warnings: number;
  readonly errors: number;
  readonly skipped: number;
  readonly ignored: number;
  /** `skipped`: nothing wrong was found, but something could not be told (what is not required, or never looked at from afar, does not count). */
  readonly overall: 'ok' | 'warning' | 'error' | 'skipped';
}

/** One entry of `checks`: what `iotedge check -o json` has, then what only we have. */
export interface CheckJson {
  readonly result: { readonly result: Outcome; readonly details?: readonly string[] };
  readonly additional_info: Readonly<Record<string, unknown>>;
  readonly section: Section;
  readonly description: string;
  readonly durationMs: number;
  readonly reason?: SkipReason;
  readonly why?: string;
  readonly advice?: string;
  /** Where more is to be read about a check that is not fine. */
  readonly page?: string;
  /** The checks whose complaints explain this one. */
  readonly causedBy?: readonly string[];
}

/** The shape of `iotedge check -o json` (1.5 and 1.6), with `summary` and what is to be mended first beside it. */
export interface CheckRunJson {
  readonly additional_info: Readonly<Record<string, unknown>>;
  readonly checks: Readonly<Record<string, CheckJson>>;
  readonly summary: CheckSummary;
  readonly rootCauses: readonly RootCause[];
}

/** Reasons for a skip that leave no doubt about the device. */
const plain = new Set(['not-required', 'not-supported']);

/** Counts a run's outcomes. */
export function summarize({ results }: CheckRun): CheckSummary {
  const count = (outcome: Outcome) => results.filter((result) => result.outcome === outcome).length;
  const [warnings, errors] = [count('warning'), count('error')];
  const untold = results.some(({ outcome, reason }) => outcome === 'skipped' && !plain.has(reason ?? ''));
  return {
    succeeded: count('ok'),
    warnings,
    errors,
    skipped: count('skipped'),
    ignored: count('ignored'),
    overall: errors > 0 ? 'error' : warnings > 0 ? 'warning' : untold ? 'skipped' : 'ok',
  };
}

/** A run as `iotedge check -o json` prints it: the checks by id, sorted by it. */
export function toCheckJson(run: CheckRun): CheckRunJson {
  const sorted = [...run.results].sort((a, b) => (a.id < b.id ? -1 : 1));
  const { causedBy, rootCauses } = diagnose(run.results);
  const entry = (result: CheckResult) => {
    const causes = causedBy.get(result.id);
    return { ...entryOf(result), ...(causes ? { causedBy: causes } : {}) };
  };
  return {
    additional_info: hostInfo(run),
    checks: Object.fromEntries(sorted.map((result) => [result.id, entry(result)])),
    summary: summarize(run),
    rootCauses,
  };
}

function entryOf(result: CheckResult): CheckJson {
  const { id, title: description, outcome, details, info, iotedgeCheck, ...ours } = result;
  const told = outcome === 'warning' || outcome === 'error';
  return {
    result: { result: outcome, ...(told ? { details } : {}) },
    additional_info: { ...info, ...(iotedgeCheck ? { iotedgeCheck } : {}) },
    description,
    ...ours,
    ...(told || outcome === 'skipped' ? { page: pageOf(id) } : {}),
  };
}
