import { optional, text } from '../config/values.ts';
import { defineMethod } from './method.ts';
import { aboutTask, idOf } from './task-id.ts';

export const resumeTask = defineMethod({
  name: 'ResumeTask',
  about:
    'Lets a task that waits for storage try again at once, or one that storage refused, with a fresh SAS if given.',
  request: aboutTask({ sasUrl: optional(text()) }),
  async handle({ request, services: { storage, tasks } }) {
    if (request.sasUrl !== undefined) storage.check(request.sasUrl);
    return tasks.resume(idOf(request), request.sasUrl);
  },
});
