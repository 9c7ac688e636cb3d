import type { CheckRun } from '../checks/run.ts';
import type { ManifestEntry } from './manifest.ts';

/**
 * Everything that the making of a bundle found. findings.json and report.html are renderings of it. Logs
 * in it are redacted already, the rest is not: `redactor` makes what leaves the device of it.
 */
export interface BundleResult {
  /** Of this module, or of the program that judges the bundle again. */
  readonly version: string;
  readonly iothub: string;
  readonly device: string;
  /** Of the support case, as the request named it. */
  readonly caseId?: string;
  readonly createdAt: Date;
  /** What the bundle is about. */
  readonly since?: Date;
  readonly until: Date;
  /** The checks, with all that was read for them. */
  readonly run: CheckRun;
  /** What is in the bundle, in its order; findings, report and manifest themselves are not among them. */
  readonly entries: readonly ManifestEntry[];
}
