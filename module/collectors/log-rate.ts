import type { ModuleLogReading } from '../facts/log-statistics.ts';

/** Of more steps no picture shows more. */
const mostSteps = 240;

/** Counts errors and warnings by time: in steps of a minute, longer ones for a longer time. */
export function createRate() {
  let stepMs = 60_000;
  let counts = new Map<number, [errors: number, warnings: number]>();

  const coarsen = () => {
    stepMs *= 2;
    const before = counts;
    counts = new Map();
    for (const [step, [errors, warnings]] of before) {
      const own = of(Math.floor(step / 2));
      own[0] += errors;
      own[1] += warnings;
    }
  };
  const of = (step: number) => {
    const found = counts.get(step) ?? [0, 0];
    counts.set(step, found);
    return found;
  };
  const span = () => {
    const steps = [...counts.keys()];
    return { first: Math.min(...steps), last: Math.max(...steps) };
  };

  return {
    count(severity: 'error' | 'warning', at: number): void {
      of(Math.floor(at / stepMs))[severity === 'error' ? 0 : 1] += 1;
      if (counts.size > mostSteps * 2) coarsen();
    },
    /** Undefined when nothing was counted. */
    read(): ModuleLogReading['rate'] {
      if (counts.size === 0) return undefined;
      while (span().last - span().first >= mostSteps) coarsen();
      const { first, last } = span();
      const steps = Array.from({ length: last - first + 1 }, (_, at) => counts.get(first + at) ?? [0, 0]);
      return {
        from: first * stepMs,
        stepMs,
        errors: steps.map(([errors = 0]) => errors),
        warnings: steps.map(([, warnings = 0]) => warnings),
      };
    },
  };
}
