import { choice, integer, optional, record, text, withDefault } from '../config/values.ts';
import type { TaskView } from '../tasks/task.ts';
import { defineMethod } from './method.ts';

/** What all tasks together may take in the answer's JSON; IoT Hub carries 128 KB. */
const largestList = 120_000;

export const listTasks = defineMethod({
  name: 'ListTasks',
  about: 'Lists the tasks of the last 7 days, newest first; GetTaskStatus has the results of one.',
  payloadOptional: true,
  request: record({
    status: optional(choice('Running', 'Completed', 'Failed', 'Cancelled')),
    method: optional(text()),
    limit: withDefault(integer(1, 200), 50),
  }),
  example: { status: 'Running' },
  async handle({ request: { status, method, limit }, services: { tasks } }) {
    const wanted = tasks
      .list()
      .filter((task) => status === undefined || task.status === status)
      .filter((task) => method === undefined || task.method?.toLowerCase() === method.toLowerCase());
    const shown: object[] = [];
    let left = largestList;
    for (const task of wanted.slice(0, limit)) {
      const line = short(task);
      left -= JSON.stringify(line).length + 1;
      if (left < 0) break;
      shown.push(line);
    }
    const more = wanted.length - shown.length;
    return { tasks: shown, ...(more > 0 ? { more } : {}) };
  },
});

/** A task without what can be long. */
function short({ results = [], moreResults = 0, answer, message, ...task }: TaskView): object {
  const count = results.length + moreResults;
  return { ...task, message: message.slice(0, 300), ...(count > 0 ? { results: count } : {}) };
}
