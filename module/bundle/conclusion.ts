import { bundleChecks } from '../checks/bundle-checks.ts';
import { type CheckOptions, defaultCheckOptions } from '../checks/check.ts';
import { type CheckRun, judgeAll } from '../checks/run.ts';
import type { CollectContext } from '../collectors/collector.ts';
import { jsonBody, textBody } from '../collectors/json.ts';
import type { Reading } from '../facts/fact.ts';
import type { LogStatisticsReading } from '../facts/log-statistics.ts';
import type { BundleResult } from '../report/bundle-result.ts';
import { toFindings } from '../report/findings.ts';
import type { ManifestEntry } from '../report/manifest.ts';
import { toRedactions } from '../report/redactions.ts';
import { renderReport } from '../report/report.ts';
import type { ArchivePart } from './archive.ts';
import type { BundleOptions } from './bundle.ts';

/** What was found while the bundle was made. */
export interface Gathered {
  /** Absent where the checks were not wanted, or did not end. */
  readonly run: CheckRun | undefined;
  readonly logs: LogStatisticsReading['modules'];
  readonly entries: readonly ManifestEntry[];
}

/** What the bundle says by itself: the verdicts over everything in it, and the page that a person reads first. */
export function* conclusion(options: BundleOptions, context: CollectContext, gathered: Gathered): Iterable<ArchivePart> {
  const { redactor, scope } = context;
  const notes = () => ({ account: new Map<string, number>() });
  const logStatistics: Reading<LogStatisticsReading> = { value: { modules: gathered.logs } };
  const result = clean(resultOf(options, gathered, logStatistics), (value) => redactor.json(value, scope));
  const findings = toFindings(result);
  const file = (name: string, value: unknown): ArchivePart => ({ name, body: jsonBody(value, context, notes()) });
  yield file('facts/logStatistics.json', logStatistics);
  yield file('redaction.json', toRedactions(scope, gathered.entries));
  yield file('findings.json', findings);
  yield { name: 'report.html', body: textBody(renderReport(result, findings), context, notes()) };
}

function resultOf(
  { context, caseId, version, now }: BundleOptions,
  { run, logs, entries }: Gathered,
  logStatistics: Reading<LogStatisticsReading>,
): BundleResult {
  const { since, until } = context.ask;
  const judged: CheckOptions = { ...defaultCheckOptions, now: run?.startedAt ?? now };
  const readings = { ...run?.readings, logStatistics };
  // Without any log there is nothing that could be judged by them.
  const ofLogs = Object.keys(logs).length === 0 ? [] : judgeAll(bundleChecks, readings, judged);
  return {
    version,
    iothub: context.env.iothubHostname,
    device: context.env.deviceId,
    ...(caseId === undefined ? {} : { caseId }),
    createdAt: now,
    ...(since === undefined ? {} : { since: new Date(since * 1000) }),
    until: until === undefined ? now : new Date(until * 1000),
    run: {
      startedAt: run?.startedAt ?? now,
      durationMs: run?.durationMs ?? 0,
      results: [...(run?.results ?? []), ...ofLogs],
      readings,
    },
    entries,
  };
}

/** Secrets are taken out before anything is made of the values: in a page they might look different. */
function clean(result: BundleResult, json: (value: unknown) => unknown): BundleResult {
  const { run, entries } = result;
  return {
    ...result,
    run: {
      ...run,
      results: json(run.results) as typeof run.results,
      readings: json(run.readings) as typeof run.readings,
    },
    entries: json(entries) as typeof entries,
  };
}
