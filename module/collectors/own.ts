import type { Collector } from './collector.ts';
import { jsonBody, textBody } from './json.ts';

export const own: Collector = {
  id: 'own',
  about: "This module's newest log lines, its tasks and its audit journal, as it has them in memory.",
  timeoutSecs: 10,
  maxBytes: 4 << 20,
  usualBytes: 5000,
  entries: async (context) => [
    { name: 'edge-support/log.txt', open: (_, notes) => textBody(context.own.log().join(''), context, notes) },
    { name: 'edge-support/audit.jsonl', open: (_, notes) => textBody(context.own.audit().join(''), context, notes) },
    { name: 'edge-support/tasks.json', open: (_, notes) => jsonBody(context.own.tasks(), context, notes) },
  ],
};
