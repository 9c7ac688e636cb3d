import { record, requiredText } from '../config/values.ts';
import { defineMethod } from './method.ts';
import { schemaVersion } from './schema-version.ts';

export const getTaskStatus = defineMethod({
  name: 'GetTaskStatus',
  about: 'Tells how far an upload is that was started by another method.',
  // edgeAgent uses the words of log uploads here too.
  schemaContext: 'logs upload request schema',
  request: record({ schemaVersion: schemaVersion(), correlationId: requiredText() }),
  handle: async ({ request, services }) => services.tasks.status(request.correlationId),
});
