import { defineCheck } from './check.ts';
import { judgeConfig } from './config-well-formed.ts';

export const aziotEdgedConfigWellFormed = defineCheck({
  id: 'aziot-edged-config-well-formed',
  section: 'Configuration checks',
  title: 'aziot-edged configuration is well-formed',
  needs: ['hostConfig'],
  judge: ({ hostConfig }) => judgeConfig('edged', hostConfig),
});
