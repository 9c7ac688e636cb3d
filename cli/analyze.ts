import { bundleChecks } from '../module/checks/bundle-checks.ts';
import { defaultCheckOptions } from '../module/checks/check.ts';
import { checks } from '../module/checks/index.ts';
import { type CheckResult, judgeAll } from '../module/checks/run.ts';
import type { Readings } from '../module/facts/index.ts';
import type { BundleResult } from '../module/report/bundle-result.ts';
import { type Findings, toFindings } from '../module/report/findings.ts';
import type { Manifest } from '../module/report/manifest.ts';
import { derivedReadings, jsonOf, logsIn, ownReadings, watchLogs } from './bundle-readings.ts';
import { manifestOf } from './manifest.ts';
import { originalResults } from './original-checks.ts';
import { startProgress } from './progress.ts';
import { openZip, textOf, type Zip } from './zip.ts';

export interface AnalyzeOrder {
  readonly bundle: string;
  /** Of this program. */
  readonly version: string;
  /** What expires is judged by it; by default by when the bundle was made. */
  readonly now?: Date;
}

export interface Analysis {
  readonly result: BundleResult;
  readonly findings: Findings;
}

/**
 * Judges a bundle by the checks of this version: ours by the readings in it, a zip of `iotedge support-bundle` by its
 * check.json and what can be derived from its files. Rejects with an Error of one sentence for what is neither.
 */
export async function analyzeBundle({ bundle, version, now }: AnalyzeOrder): Promise<Analysis> {
  await using archive = await openZip(bundle);
  const named = (name: string) => archive.files.find((file) => file.name === name);
  const manifest = manifestOf(await jsonOf(named('manifest.json')));
  const own = manifest !== undefined;
  const logs = logsIn(archive.files);
  if (!own && logs.length === 0 && !named('check.json')) {
    throw new Error(`${bundle} is no support bundle: it has neither manifest.json nor check.json nor logs.`);
  }
  const progress = startProgress(
    'reading logs',
    logs.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  try {
    const modules = await watchLogs(archive, progress);
    const facts = own ? await ownReadings(archive) : await derivedReadings(archive);
    // Without any log there is nothing that could be judged by them.
    const readings = { ...facts, ...(logs.length === 0 ? {} : { logStatistics: { value: { modules } } }) };
    const createdAt = dateOf(manifest?.createdAt) ?? newestOf(archive);
    const judgedAt = now ?? createdAt;
    const check = named('check.json');
    const verdicts = judged(readings, judgedAt);
    const results = own ? verdicts : merged(originalResults(check ? await textOf(check) : ''), verdicts);
    const result = resultOf({
      archive,
      version,
      manifest,
      createdAt,
      judgedAt,
      readings,
      results,
    });
    return { result, findings: toFindings(result) };
  } finally {
    progress.end();
  }
}

const judged = (readings: Partial<Readings>, now: Date) =>
  judgeAll([...checks, ...bundleChecks], readings, { ...defaultCheckOptions, now });

/** The original's verdicts, and ours where it has none and something is known. */
function merged(original: readonly CheckResult[], own: readonly CheckResult[]): readonly CheckResult[] {
  const theirs = new Map(original.map((result) => [result.id, result]));
  return own.flatMap((result) => {
    const told = theirs.get(result.id);
    if (told && (told.outcome !== 'skipped' || result.outcome === 'skipped')) return [told];
    return result.outcome === 'skipped' ? [] : [result];
  });
}

interface Parts {
  readonly archive: Zip;
  readonly version: string;
  readonly manifest: Partial<Manifest> | undefined;
  readonly createdAt: Date;
  readonly judgedAt: Date;
  readonly readings: Partial<Readings>;
  readonly results: readonly CheckResult[];
}

function resultOf({ archive, version, manifest, createdAt, judgedAt, readings, results }: Parts): BundleResult {
  const { iothub = '', device = 'a device', caseId, window, entries } = manifest ?? {};
  const since = dateOf(window?.since);
  return {
    version,
    iothub,
    device,
    ...(caseId === undefined ? {} : { caseId }),
    createdAt,
    ...(since === undefined ? {} : { since }),
    until: dateOf(window?.until) ?? createdAt,
    run: { startedAt: judgedAt, durationMs: 0, results, readings },
    entries:
      entries ??
      archive.files.map(({ name, bytes }) => ({ name, collector: 'original', status: 'success', bytes, seconds: 0 })),
  };
}

function dateOf(text: unknown): Date | undefined {
  const date = typeof text === 'string' ? new Date(text) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}

/** A zip without a manifest was made when its newest file was. */
function newestOf({ files }: Zip): Date {
  return new Date(Math.max(0, ...files.map(({ date }) => date.getTime())));
}
