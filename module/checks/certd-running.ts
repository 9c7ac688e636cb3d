import { defineCheck } from './check.ts';
import { judgeDaemon } from './daemon-running.ts';

export const certdRunning = defineCheck({
  id: 'certd-running',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'certd is running',
  needs: ['hostSockets'],
  judge: ({ hostSockets }) => judgeDaemon('certd', hostSockets),
});
