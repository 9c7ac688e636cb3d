import { defineCheck } from './check.ts';
import { judgeStorage } from './storage.ts';

export const edgeHubStorageMountedFromHost = defineCheck({
  id: 'edge-hub-storage-mounted-from-host',
  section: 'Configuration checks',
  title: "production readiness: Edge Hub's storage directory is persisted on the host filesystem",
  needs: ['edgeContainers'],
  judge: ({ edgeContainers }) => judgeStorage('edgeHub', edgeContainers),
});
