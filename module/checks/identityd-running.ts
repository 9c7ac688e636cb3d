import { defineCheck } from './check.ts';
import { judgeDaemon, signatureWitness } from './daemon-running.ts';

export const identitydRunning = defineCheck({
  id: 'identityd-running',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'identityd is running',
  needs: ['hostSockets', 'workload'],
  judge: ({ hostSockets, workload }) => judgeDaemon('identityd', hostSockets, signatureWitness(workload)),
});
