import { optional, text } from '../config/values.ts';
import { defineMethod } from './method.ts';
import { aboutTask, idOf } from './task-id.ts';

export const resumeTask = defineMethod({
  name: 'ResumeTask',
  about:
    'Lets a task that waits for storage try again at once, or one that storage refused, with a fresh SAS if given.',
  request: aboutTask({ sasUrl: optional(text()) }),
  example: {
    correlationId: '96384463-7a5e-428f-8002-513d4299fed7',
    sasUrl: 'https://ACCOUNT.blob.core.windows.net/CONTAINER?SAS',
  },
  async handle({ request, services: { storage, tasks } }) {
    if (request.sasUrl !== undefined) storage.check(request.sasUrl);
    return tasks.resume(idOf(request), request.sasUrl);
  },
});
