import { record, requiredText } from '../config/values.ts';
import { defineMethod } from './method.ts';
import { schemaVersion } from './schema-version.ts';

export const getTaskStatus = defineMethod({
  name: 'GetTaskStatus',
  about: 'Tells how far a task is that another method started, and how it ended.',
  // edgeAgent uses the words of log uploads here too.
  schemaContext: 'logs upload request schema',
  request: record({ schemaVersion: schemaVersion(), correlationId: requiredText() }),
  example: { schemaVersion: '1.0', correlationId: '96384463-7a5e-428f-8002-513d4299fed7' },
  handle: async ({ request, services }) => services.tasks.status(request.correlationId),
});
