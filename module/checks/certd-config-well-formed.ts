import { defineCheck } from './check.ts';
import { judgeConfig } from './config-well-formed.ts';

export const certdConfigWellFormed = defineCheck({
  id: 'certd-config-well-formed',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'certd configuration is well-formed',
  needs: ['hostConfig'],
  judge: ({ hostConfig }) => judgeConfig('certd', hostConfig),
});
