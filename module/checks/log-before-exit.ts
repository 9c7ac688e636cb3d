import { defineCheck, logSection, skippedFor } from './check.ts';

/** An error so long before an exit may have to do with it; milliseconds. */
const before = 10 * 60_000;
/** Clocks of lines and of the engine differ a little. */
const after = 2000;
/** So many exits are told. */
const told = 10;

export const logBeforeExit = defineCheck({
  id: 'log-before-exit',
  section: logSection,
  title: 'no module ended with an error',
  needs: ['logStatistics', 'moduleEvents'],
  judge({ logStatistics, moduleEvents }) {
    if ('unavailable' in logStatistics) return skippedFor(logStatistics);
    if ('unavailable' in moduleEvents) return skippedFor(moduleEvents);
    const exits = moduleEvents.value.events.filter(({ action, exitCode = 0 }) => action === 'die' && exitCode !== 0);
    if (exits.length === 0) return { status: 'ok' };
    const last = exits.slice(-told).map(({ name, at, exitCode }) => {
      const log = logStatistics.value.modules[name];
      // One that went on until then counts by its last error.
      const trouble = log?.troubles.findLast(
        (one) => one.at !== undefined && one.at <= at + after && (one.until ?? one.at) >= at - before,
      );
      return { name, at, exitCode, file: log?.file, trouble };
    });
    return {
      status: 'warning',
      details: last.map(({ name, at, exitCode, trouble }) => {
        const when = `${name} ended with exit code ${exitCode} at ${new Date(at).toISOString().slice(0, 19)}Z`;
        return trouble
          ? `${when}; the first error before: ${trouble.text}`
          : `${when}; its log has no error shortly before.`;
      }),
      fix: 'The first error before an exit is usually its cause; read on from that line.',
      info: {
        evidence: last.flatMap(({ file, trouble }) =>
          file !== undefined && trouble ? [{ file, line: trouble.line, text: trouble.text }] : [],
        ),
      },
    };
  },
});
