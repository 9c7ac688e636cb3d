import { defineCheck } from './check.ts';
import { judgeConfig } from './config-well-formed.ts';

export const identitydConfigWellFormed = defineCheck({
  id: 'identityd-config-well-formed',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'identityd configuration is well-formed',
  needs: ['hostConfig'],
  judge: ({ hostConfig }) => judgeConfig('identityd', hostConfig),
});
