import type { KeptFailure } from '../storage/failures.ts';

/** What is known of modules that failed (CollectOnFailure). */
export interface Failures {
  /** What was captured and lies in the data folder, oldest first. */
  kept(): Promise<readonly KeptFailure[]>;
  /** What was seen; undefined while nobody watches. */
  record(): FailureRecord | undefined;
}

/** What was seen of each module since it is watched. */
export interface FailureRecord {
  /** Milliseconds since 1970. */
  readonly since: number;
  readonly modules: Readonly<Record<string, ModuleRecord>>;
}

export interface ModuleRecord {
  /** How often it ended, ordered or not. */
  readonly ends: number;
  readonly failures: number;
  /** Of the failures those of which something was kept, and those that were too many. */
  readonly captured: number;
  readonly skipped: number;
  /** Of the newest failure. */
  readonly last?: { readonly at: string; readonly kind: string; readonly exitCode?: number };
}
