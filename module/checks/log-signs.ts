import { logSignatures } from '../facts/log-signs.ts';
import { defineCheck, logSection, skippedFor } from './check.ts';

/** So many modules are told of one sign. */
const told = 5;

/** A check for each line that is known to mean something: whether it stands in any module's log. */
export const logSignChecks = logSignatures.map((signature) =>
  defineCheck({
    id: `log-${signature.id}`,
    section: logSection,
    title: signature.title,
    needs: ['logStatistics'],
    judge({ logStatistics }) {
      if ('unavailable' in logStatistics) return skippedFor(logStatistics);
      const found = Object.entries(logStatistics.value.modules).flatMap(([module, { file, signs }]) => {
        const sign = signs[signature.id];
        return sign ? [{ module, file, ...sign }] : [];
      });
      if (found.length === 0) return { status: 'ok' };
      const most = found.toSorted((a, b) => b.count - a.count).slice(0, told);
      return {
        status: signature.severity === 'error' ? 'failed' : 'warning',
        details: [
          `${signature.title}.`,
          ...most.map(({ module, count, first }) => `${module}, ${times(count)}: ${first.text}`),
        ],
        fix: signature.advice,
        info: {
          reference: signature.reference,
          evidence: most.flatMap(({ file, first, last, count }) =>
            (count > 1 ? [first, last] : [first]).map(({ line, text }) => ({ file, line, text })),
          ),
        },
      };
    },
  }),
);

const times = (count: number) => (count === 1 ? 'once' : `${count} times`);
