import { runChecks } from '../checks/index.ts';
import { toCheckJson } from '../report/result.ts';
import type { Collector } from './collector.ts';
import { jsonBody } from './json.ts';

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
