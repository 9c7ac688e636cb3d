import { defineMethod } from './method.ts';

/** Any payload, even none or invalid JSON, is answered with 200 and no body. */
export const ping = defineMethod({
  name: 'Ping',
  about: 'Answers when this module can be reached.',
  request: null,
  example: {},
  handle: async () => null,
});
