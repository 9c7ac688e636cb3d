import { defineCheck } from './check.ts';
import { judgeDaemon } from './daemon-running.ts';

export const keydRunning = defineCheck({
  id: 'keyd-running',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'keyd is running',
  needs: ['hostSockets'],
  judge: ({ hostSockets }) => judgeDaemon('keyd', hostSockets),
});
