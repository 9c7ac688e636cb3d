import { defineCheck } from './check.ts';
import { judgeConfig } from './config-well-formed.ts';

export const tpmdConfigWellFormed = defineCheck({
  id: 'tpmd-config-well-formed',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'tpmd configuration is well-formed',
  needs: ['hostConfig'],
  judge: ({ hostConfig }) => judgeConfig('tpmd', hostConfig),
});
