import { bundleChecks } from '../checks/bundle-checks.ts';
import { diagnose, type RootCause } from '../checks/causes.ts';
import { logSection } from '../checks/check.ts';
import { checks } from '../checks/index.ts';
import type { CheckResult } from '../checks/run.ts';
import type { BundleResult } from './bundle-result.ts';
import { pageOf } from './page.ts';
import { summarize } from './result.ts';

/** `findings.json`: what is wrong with the device, the weightiest first. */
export interface Findings {
  readonly schema: 'edge-support-findings/1';
  /** Of the program that judged. */
  readonly version: string;
  readonly iothub: string;
  readonly device: string;
  readonly caseId?: string;
  readonly createdAt: string;
  readonly window: { readonly since?: string; readonly until: string };
  readonly summary: {
    readonly errors: number;
    readonly warnings: number;
    /** Checks that found nothing wrong. */
    readonly succeeded: number;
    readonly skipped: number;
    readonly overall: string;
  };
  readonly findings: readonly Finding[];
}

export interface Finding {
  /** The check's id. */
  readonly id: string;
  readonly severity: 'error' | 'warning';
  readonly title: string;
  /** What was found, outermost first. */
  readonly details: readonly string[];
  readonly advice: string;
  /** Where it stands in the bundle. */
  readonly evidence: readonly Evidence[];
  /** A page of this project, or a public one, that says more. */
  readonly reference?: string;
  /** Findings that explain this one; such a finding goes with its cause. */
  readonly causedBy?: readonly string[];
  /** Findings that follow from it. */
  readonly explains?: readonly string[];
}

export interface Evidence {
  readonly file: string;
  readonly line?: number;
  readonly text?: string;
}

/**
 * The verdicts that complain. What explains others comes before them, and they follow it at once; first what is an error or
 * explains one; otherwise in the checks' order.
 */
export function toFindings({ version, iothub, device, caseId, createdAt, since, until, run }: BundleResult): Findings {
  const { succeeded, warnings, errors, skipped, overall } = summarize(run);
  return {
    schema: 'edge-support-findings/1',
    version,
    iothub,
    device,
    ...(caseId === undefined ? {} : { caseId }),
    createdAt: createdAt.toISOString(),
    window: { ...(since === undefined ? {} : { since: since.toISOString() }), until: until.toISOString() },
    summary: { errors, warnings, succeeded, skipped, overall },
    findings: inOrder(run.results),
  };
}

function inOrder(results: readonly CheckResult[]): readonly Finding[] {
  const { causedBy, rootCauses } = diagnose(results);
  const byId = new Map(results.map((result) => [result.id, result]));
  const isError = (id: string) => byId.get(id)?.outcome === 'error';
  const weight = ({ check, explains }: RootCause) => ([check, ...explains].some(isError) ? 0 : 1);
  const ids = rootCauses
    .toSorted((a, b) => weight(a) - weight(b))
    .flatMap(({ check, explains }) => [check, ...explains.toSorted((a, b) => Number(isError(b)) - Number(isError(a)))]);
  const explained = new Map(rootCauses.map(({ check, explains }) => [check, explains]));
  return [...new Set(ids)].flatMap((id) => {
    const result = byId.get(id);
    if (!result) return [];
    const [causes, effects = []] = [causedBy.get(id), explained.get(id)];
    return [
      {
        ...findingOf(result),
        ...(causes ? { causedBy: causes } : {}),
        ...(effects.length > 0 ? { explains: effects } : {}),
      },
    ];
  });
}

const needs = new Map([...checks, ...bundleChecks].map((check) => [check.id, check.needs as readonly string[]]));

function findingOf({ id, section, outcome, title, details, advice = '', info }: CheckResult): Finding {
  const { reference, evidence } = info as { readonly reference?: string; readonly evidence?: readonly Evidence[] };
  const facts = (needs.get(id) ?? []).map((name): Evidence => ({ file: `facts/${name}.json` }));
  return {
    id,
    severity: outcome === 'error' ? 'error' : 'warning',
    title,
    details,
    advice,
    evidence: evidence && evidence.length > 0 ? evidence : facts,
    ...(reference === undefined ? (section === logSection ? {} : { reference: pageOf(id) }) : { reference }),
  };
}
