import { defineCheck } from './check.ts';
import { judgeDaemon, signatureWitness } from './daemon-running.ts';

export const keydRunning = defineCheck({
  id: 'keyd-running',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'keyd is running',
  needs: ['hostSockets', 'workload'],
  judge: ({ hostSockets, workload }) => judgeDaemon('keyd', hostSockets, signatureWitness(workload)),
});
