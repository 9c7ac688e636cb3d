import { defineCheck } from './check.ts';
import { judgeDaemon, trustBundleWitness } from './daemon-running.ts';

export const certdRunning = defineCheck({
  id: 'certd-running',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'certd is running',
  needs: ['hostSockets', 'workload'],
  judge: ({ hostSockets, workload }) => judgeDaemon('certd', hostSockets, trustBundleWitness(workload)),
});
