import type { EdgeContainer } from '../facts/edge-containers.ts';
import { valueOf } from '../facts/fact.ts';
import type { MemoryReading } from '../facts/memory.ts';
import type { ModuleEventsReading } from '../facts/module-events.ts';
import { describeBytes } from './bytes.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

/** Below this share of memory available it is a warning, below the second an error. */
const scarce = 0.1;
const scant = 0.03;
/** A module that takes more than this share of its own limit is close to being killed. */
const near = 0.9;
/** Percent of the last minute in which nothing went on for want of memory. */
const stalled = 10;

export const memoryPressure = defineCheck({
  id: 'memory-pressure',
  section: 'Field checks',
  title: 'there is memory left, and no module was killed for want of it',
  needs: ['system', 'memory', 'edgeContainers', 'moduleEvents'],
  judge({ system, memory, edgeContainers, moduleEvents }): Verdict {
    if ('unavailable' in system) return skippedFor(system);
    const { total, available } = system.value.memory;
    const use = valueOf(memory);
    const killed = killedOnes(valueOf(edgeContainers)?.containers ?? [], valueOf(moduleEvents));
    const close = nearTheirLimit(use, total);
    const info = {
      total,
      available,
      percent_available: Math.round((available / total) * 1000) / 10,
      swap: system.value.swap,
      oom_kills_since_boot: use?.oomKills ?? null,
      stalled_percent: use?.stalledPercent ?? null,
      largest_modules: (use?.modules ?? []).slice(0, 5),
      killed_modules: killed,
    };
    const errors = [
      ...(killed.length > 0
        ? [`Killed for want of memory in the last 24 h or at their last end: ${killed.join(', ')}.`]
        : []),
      ...(available < total * scant ? [left(available, total)] : []),
    ];
    const warnings = [
      ...(available >= total * scant && available < total * scarce ? [left(available, total)] : []),
      ...((use?.stalledPercent ?? 0) > stalled
        ? [`In the last minute everything waited for memory ${use?.stalledPercent} % of the time.`]
        : []),
      ...close,
    ];
    if (errors.length + warnings.length === 0) return { status: 'ok', info };
    const eaters = info.largest_modules.map(({ name, used }) => `${name} ${describeBytes(used)}`).join(', ');
    return {
      status: errors.length > 0 ? 'failed' : 'warning',
      details: [...errors, ...warnings, ...(eaters === '' ? [] : [`The modules that take most: ${eaters}.`])],
      fix:
        'See why the modules named grow; give one that needs more a higher HostConfig.Memory in its createOptions, and ' +
        'one that leaks a limit, so that it is restarted before it takes the device down. For edgeHub on a small device ' +
        'set OptimizeForPerformance to false.',
      info,
    };
  },
});

const left = (available: number, total: number) =>
  `${describeBytes(available)} of ${describeBytes(total)} memory are available (${((available / total) * 100).toFixed(1)} %).`;

/** Those that are still deployed as they were when it happened. */
function killedOnes(containers: readonly EdgeContainer[], events: ModuleEventsReading | undefined): readonly string[] {
  const killed = (events?.events ?? []).filter(({ action }) => action === 'oom');
  return containers
    .filter(
      ({ name, oomKilled, createdAt }) =>
        oomKilled || killed.some((event) => event.name === name && event.at >= Date.parse(createdAt)),
    )
    .map(({ name }) => name);
}

/** One that has no limit is told the machine's memory as its limit. */
function nearTheirLimit(use: MemoryReading | undefined, total: number): readonly string[] {
  const close = (use?.modules ?? []).filter(({ used, limit }) => limit > 0 && limit < total && used > limit * near);
  return close.map(
    ({ name, used, limit }) => `${name} takes ${describeBytes(used)} of the ${describeBytes(limit)} that it may have.`,
  );
}
