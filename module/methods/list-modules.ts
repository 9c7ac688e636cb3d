import { inParallel } from '../base/parallel.ts';
import { within } from '../base/time.ts';
import { choice, record, withDefault } from '../config/values.ts';
import type { Docker } from '../docker/docker.ts';
import { readFacts } from '../facts/index.ts';
import {
  listModules,
  type ModuleNotes,
  moduleDetailsText,
  moduleListFacts,
  moduleListText,
} from '../report/module-list.ts';
import { defineMethod } from './method.ts';

/** The engine takes two seconds to see how much of the processor a container uses; milliseconds. */
const cpuMs = 6000;

export const listModulesMethod = defineMethod({
  name: 'ListModules',
  about: 'Lists the modules as `iotedge list` does, with starts, exits, restarts, health, memory, logs and policies.',
  payloadOptional: true,
  request: record({ output: withDefault(choice('json', 'text'), 'json') }),
  example: { output: 'text' },
  async handle({ request: { output }, services: { docker, world, now, settings, failures }, signal }) {
    const limitMs = settings().methodTimeoutSecs * 700;
    const [readings, notes] = await Promise.all([
      readFacts([...moduleListFacts], world(), { limitMs, signal }),
      readNotes(docker, limitMs, signal),
    ]);
    const modules = listModules(readings, notes, now(), failures.record());
    return output === 'text' ? { text: moduleListText(modules) + moduleDetailsText(modules) } : { modules };
  },
});

/** What the engine tells of each module in its list, and how much of the processor it uses, as far as there is time for it. */
async function readNotes(
  docker: Docker,
  limitMs: number,
  signal: AbortSignal,
): Promise<Readonly<Record<string, ModuleNotes>>> {
  const notes: Record<string, ModuleNotes> = {};
  const end = performance.now() + limitMs;
  await inParallel(8, await docker.modules(signal), async ({ name, labels, status, state }) => {
    const ownMs = Math.max(0, Math.min(cpuMs, end - performance.now()));
    const ask = async () =>
      cpuPercentOf(await within(ownMs, `stats of ${name}`, (own) => docker.rawStats(name, own), signal));
    const cpuPercent = state === 'running' ? await ask().catch(() => undefined) : undefined;
    notes[name] = { labels, status, cpuPercent };
  });
  return notes;
}

interface RawStats {
  readonly cpu_stats?: CpuStats;
  readonly precpu_stats?: CpuStats;
}

interface CpuStats {
  readonly cpu_usage?: { readonly total_usage?: number };
  readonly system_cpu_usage?: number;
  readonly online_cpus?: number;
}

/** As `docker stats` computes it: of one processor, so that it can be more than 100. */
function cpuPercentOf(stats: unknown): number | undefined {
  const { cpu_stats: now, precpu_stats: before } = stats as RawStats;
  const used = (now?.cpu_usage?.total_usage ?? 0) - (before?.cpu_usage?.total_usage ?? 0);
  const passed = (now?.system_cpu_usage ?? 0) - (before?.system_cpu_usage ?? 0);
  if (passed <= 0 || before?.system_cpu_usage === undefined) return undefined;
  return Math.round((used / passed) * (now?.online_cpus ?? 1) * 1000) / 10;
}
