import type { MemoryUse } from './docker.ts';

interface RawStats {
  readonly memory_stats?: {
    readonly usage?: number;
    readonly limit?: number;
    readonly stats?: Readonly<Record<string, number>>;
  };
}

/** Memory as `docker stats` counts it: without the inactive page cache, which cgroup v1 and v2 name differently. */
export function readMemoryUse(stats: unknown): MemoryUse {
  const { usage = 0, limit = 0, stats: parts = {} } = (stats as RawStats).memory_stats ?? {};
  const cache = parts['total_inactive_file'] ?? parts['inactive_file'] ?? 0;
  return { used: Math.max(0, usage - cache), limit };
}
