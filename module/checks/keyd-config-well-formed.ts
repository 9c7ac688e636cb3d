import { defineCheck } from './check.ts';
import { judgeConfig } from './config-well-formed.ts';

export const keydConfigWellFormed = defineCheck({
  id: 'keyd-config-well-formed',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'keyd configuration is well-formed',
  needs: ['hostConfig'],
  judge: ({ hostConfig }) => judgeConfig('keyd', hostConfig),
});
