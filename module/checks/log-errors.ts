import type { ModuleLogReading } from '../facts/log-statistics.ts';
import { defineCheck, logSection, skippedFor } from './check.ts';

/** So many errors a minute are a burst. */
const burst = 30;
/** From so many errors on, this part of all lines is too many. */
const atLeast = 20;
const share = 0.1;
/** So many modules are told. */
const told = 10;

export const logErrors = defineCheck({
  id: 'log-errors',
  section: logSection,
  title: 'no module writes errors all the time',
  needs: ['logStatistics'],
  judge({ logStatistics }) {
    if ('unavailable' in logStatistics) return skippedFor(logStatistics);
    const all = Object.entries(logStatistics.value.modules).map(([module, log]) => ({
      module,
      log,
      peak: peakOf(log),
    }));
    const counts = Object.fromEntries(
      all.map(({ module, log: { lines, errors, warnings } }) => [module, { lines, errors, warnings }]),
    );
    const loud = all
      .filter(
        ({ log: { errors, lines }, peak }) => peak.perMinute >= burst || (errors >= atLeast && errors >= lines * share),
      )
      .sort((a, b) => b.log.errors - a.log.errors)
      .slice(0, told);
    if (loud.length === 0) return { status: 'ok', info: { counts } };
    return {
      status: 'warning',
      details: loud.map(({ module, log, peak }) => {
        const most =
          peak.perMinute > 0
            ? `, most at ${new Date(peak.at).toISOString().slice(0, 16)}Z (${peak.perMinute} a minute)`
            : '';
        return `${module}: ${log.errors} of ${log.lines} lines are errors${most}.`;
      }),
      fix: 'Read the first error of each trouble in these logs; what is known about them stands among the findings.',
      info: {
        counts,
        evidence: loud.flatMap(({ log: { file, troubles } }) =>
          troubles.slice(0, 1).map(({ line, text }) => ({ file, line, text })),
        ),
      },
    };
  },
});

function peakOf({ rate }: ModuleLogReading): { readonly perMinute: number; readonly at: number } {
  if (!rate) return { perMinute: 0, at: 0 };
  const most = Math.max(...rate.errors);
  return {
    perMinute: Math.round((most * 60_000) / rate.stepMs),
    at: rate.from + rate.errors.indexOf(most) * rate.stepMs,
  };
}
