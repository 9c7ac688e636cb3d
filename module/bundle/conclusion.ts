import { bundleChecks } from '../checks/bundle-checks.ts';
import { type CheckOptions, defaultCheckOptions } from '../checks/check.ts';
import { type CheckRun, judgeAll } from '../checks/run.ts';
import type { BundleContext, Collector, Entry } from '../collectors/collector.ts';
import { jsonBody } from '../collectors/json.ts';
import type { Reading } from '../facts/fact.ts';
import type { LogStatisticsReading } from '../facts/log-statistics.ts';
import type { BundleResult } from '../report/bundle-result.ts';
import { toFindings } from '../report/findings.ts';
import type { ManifestEntry } from '../report/manifest.ts';
import { toRedactions } from '../report/redactions.ts';
import { renderReport } from '../report/report.ts';

/** Whose bundle it is, and what of. */
export interface BundleSubject {
  readonly context: Pick<BundleContext, 'env' | 'ask'>;
  readonly caseId?: string;
  readonly version: string;
  readonly now: Date;
}

/** What was found while the bundle was made. */
export interface Gathered {
  /** Absent where the checks were not wanted, or did not end. */
  readonly run: CheckRun | undefined;
  readonly logs: LogStatisticsReading['modules'];
  readonly entries: readonly ManifestEntry[];
}

/** What the bundle says by itself: the verdicts over everything in it, and the page that a person reads first. */
export function conclusion(options: BundleSubject, gathered: Gathered): Collector {
  const logStatistics: Reading<LogStatisticsReading> = { value: { modules: gathered.logs } };
  return {
    id: 'conclusion',
    about: 'What follows from all of it: findings, a report to read, and what was redacted.',
    timeoutSecs: 60,
    maxBytes: Number.POSITIVE_INFINITY,
    usualBytes: 20_000,
    async entries(context) {
      const { redactor, scope } = context;
      const result = resultOf(options, gathered, logStatistics);
      const json = (name: string, make: () => unknown): Entry => ({
        name,
        open: (_, notes) => jsonBody(make(), context, notes),
      });
      return [
        json('facts/logStatistics.json', () => logStatistics),
        json('redaction.json', () => toRedactions(scope, gathered.entries)),
        json('findings.json', () => toFindings(result)),
        // Secrets are taken out before the page is made: in it they would look different.
        {
          name: 'report.html',
          open: () => redactor.made(result, (clean) => renderReport(clean, toFindings(clean)), scope),
        },
      ];
    },
  };
}

function resultOf(
  { context, caseId, version, now }: BundleSubject,
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
