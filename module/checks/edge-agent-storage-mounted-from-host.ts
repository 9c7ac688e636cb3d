import { defineCheck } from './check.ts';
import { judgeStorage } from './storage.ts';

export const edgeAgentStorageMountedFromHost = defineCheck({
  id: 'edge-agent-storage-mounted-from-host',
  section: 'Configuration checks',
  title: "production readiness: Edge Agent's storage directory is persisted on the host filesystem",
  needs: ['edgeContainers'],
  judge: ({ edgeContainers }) => judgeStorage('edgeAgent', edgeContainers),
});
