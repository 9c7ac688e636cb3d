import { defineMethod } from './method.ts';
import { aboutTask, idOf } from './task-id.ts';

export const cancelTask = defineMethod({
  name: 'CancelTask',
  about: 'Ends a task and takes away what there is of it; answers within 2 s. One that has ended stays as it is.',
  request: aboutTask({}),
  handle: async ({ request, services }) => services.tasks.cancel(idOf(request)),
});
