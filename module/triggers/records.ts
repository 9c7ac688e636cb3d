import type { FailureRecord, ModuleRecord } from '../collectors/failure-record.ts';
import type { Failure } from './failure.ts';

/** Counts what is seen of the modules. */
export interface Records {
  ended(module: string): void;
  /** What became of a failure: kept, beyond what is allowed, or (without either) not to be had. */
  failed(failure: Failure, outcome?: 'captured' | 'skipped'): void;
  /** How many failures of a module were skipped since the last that was captured. */
  skippedNow(module: string): number;
  read(): FailureRecord;
}

/** More modules than a device has. */
const mostModules = 500;

const none: ModuleRecord = { ends: 0, failures: 0, captured: 0, skipped: 0 };

export function createRecords(since: number): Records {
  const modules = new Map<string, ModuleRecord>();
  const skipped = new Map<string, number>();
  const change = (module: string, how: (record: ModuleRecord) => Partial<ModuleRecord>) => {
    const before = modules.get(module);
    if (!before && modules.size >= mostModules) return;
    modules.set(module, { ...none, ...before, ...how(before ?? none) });
  };
  return {
    ended: (module) => change(module, ({ ends }) => ({ ends: ends + 1 })),
    failed({ module, kind, at, exitCode }, outcome) {
      if (outcome === 'captured') skipped.delete(module);
      if (outcome === 'skipped') skipped.set(module, (skipped.get(module) ?? 0) + 1);
      change(module, (before) => ({
        failures: before.failures + 1,
        ...(outcome ? { [outcome]: before[outcome] + 1 } : {}),
        last: { at: new Date(at).toISOString(), kind, ...(exitCode === undefined ? {} : { exitCode }) },
      }));
    },
    skippedNow: (module) => skipped.get(module) ?? 0,
    read: () => ({ since, modules: Object.fromEntries(modules) }),
  };
}
