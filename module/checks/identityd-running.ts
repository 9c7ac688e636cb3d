import { defineCheck } from './check.ts';
import { judgeDaemon } from './daemon-running.ts';

export const identitydRunning = defineCheck({
  id: 'identityd-running',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'identityd is running',
  needs: ['hostSockets'],
  judge: ({ hostSockets }) => judgeDaemon('identityd', hostSockets),
});
