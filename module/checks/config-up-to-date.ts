import { defineCheck } from './check.ts';
import { judgeUpToDate } from './up-to-date.ts';

export const configUpToDate = defineCheck({
  id: 'config-up-to-date',
  section: 'Configuration checks',
  title: 'configuration up-to-date with config.toml',
  needs: ['hostConfig'],
  judge: ({ hostConfig }) => judgeUpToDate('iotedge', ['edged'], hostConfig),
});
