import { readFile } from 'node:fs/promises';
import { SupportError } from '../base/errors.ts';
import { inParallel } from '../base/parallel.ts';
import type { MemoryUse } from '../docker/docker.ts';
import type { Fact } from './fact.ts';

/** Who takes the memory, and what its lack has done. */
export interface MemoryReading {
  /** The running modules, those that take most first; bytes. */
  readonly modules: readonly ({ readonly name: string } & MemoryUse)[];
  /** Processes that the kernel killed for lack of memory since it was started, in limited containers as well. */
  readonly oomKills?: number;
  /** In the last minute, the share of time in percent in which every process waited for memory at once. */
  readonly stalledPercent?: number;
}

export const memory: Fact<MemoryReading> = {
  about: "Reading the modules' memory",
  async read({ docker }, signal) {
    const modules: ({ name: string } & MemoryUse)[] = [];
    const running = (await docker.modules(signal)).filter(({ state }) => state === 'running');
    await inParallel(8, running, async ({ name }) => {
      try {
        modules.push({ name, ...(await docker.stats(name, signal)) });
      } catch (error) {
        // Gone or stopped since it was listed.
        if (!(error instanceof SupportError && (error.code === 'not-found' || error.code === 'conflict'))) throw error;
      }
    });
    const text = (path: string) => readFile(path, { encoding: 'utf8', signal }).catch(() => '');
    const [counters, pressure] = await Promise.all([text('/proc/vmstat'), text('/proc/pressure/memory')]);
    return {
      modules: modules.toSorted((a, b) => b.used - a.used),
      ...numberIn('oomKills', /^oom_kill (\d+)$/m.exec(counters)),
      ...numberIn('stalledPercent', /^full .*\bavg60=([\d.]+)/m.exec(pressure)),
    };
  },
};

function numberIn<K extends string>(key: K, match: RegExpExecArray | null): { readonly [P in K]?: number } {
  return (match ? { [key]: Number(match[1]) } : {}) as { readonly [P in K]?: number };
}
