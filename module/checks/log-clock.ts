import { defineCheck, logSection, skippedFor } from './check.ts';

export const logClock = defineCheck({
  id: 'log-clock',
  section: logSection,
  title: 'times in the logs do not go backwards',
  needs: ['logStatistics'],
  judge({ logStatistics }) {
    if ('unavailable' in logStatistics) return skippedFor(logStatistics);
    const found = Object.entries(logStatistics.value.modules).filter(([, { backwards }]) => backwards.count > 0);
    if (found.length === 0) return { status: 'ok' };
    return {
      status: 'warning',
      details: found.map(([module, { backwards }]) => {
        const minutes = Math.round(backwards.farthestMs / 60_000);
        return `${module}: times go back ${backwards.count === 1 ? 'once' : `${backwards.count} times`}, by ${minutes} minutes at most.`;
      }),
      fix: 'The clock was set back: see host-local-time and clock-jump in the checks. Tokens and certificates are judged by it.',
    };
  },
});
