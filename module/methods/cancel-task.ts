import { defineMethod } from './method.ts';
import { aboutTask, idOf } from './task-id.ts';

export const cancelTask = defineMethod({
  name: 'CancelTask',
  about: 'Ends a task and takes away what there is of it; answers within 2 s. One that has ended stays as it is.',
  request: aboutTask({}),
  example: { correlationId: '96384463-7a5e-428f-8002-513d4299fed7' },
  handle: async ({ request, services }) => services.tasks.cancel(idOf(request)),
});
