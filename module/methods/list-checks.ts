import { checks } from '../checks/index.ts';
import { choice, record, withDefault } from '../config/values.ts';
import { toCheckList, toCheckListText } from '../report/list.ts';
import { defineMethod } from './method.ts';

export const listChecks = defineMethod({
  name: 'ListChecks',
  about: 'Lists the checks of RunCheck: id, section, description and page of each.',
  payloadOptional: true,
  request: record({ output: withDefault(choice('json', 'text'), 'json') }),
  example: { output: 'text' },
  handle: async ({ request: { output } }) =>
    output === 'text' ? { text: toCheckListText(checks) } : { checks: toCheckList(checks) },
});
