import { runChecks } from '../checks/index.ts';
import type { Collector } from '../collectors/collector.ts';
import { jsonBody } from '../collectors/json.ts';
import { toCheckJson } from '../report/result.ts';

/** `check.json`: a rendering of a check run, and so above the collectors, which know no checks. */
export const check: Collector = {
  id: 'check',
  about: 'The answer of RunCheck.',
  timeoutSecs: 30,
  entries: async ({ world, redactor }) => [
    {
      name: 'check.json',
      open: async (signal, { account }) =>
        jsonBody(toCheckJson(await runChecks({ world, select: {}, timeoutSecs: 25, signal })), redactor, account),
    },
  ],
};
