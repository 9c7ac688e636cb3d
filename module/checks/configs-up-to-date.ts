import { defineCheck } from './check.ts';
import { judgeUpToDate } from './up-to-date.ts';

export const configsUpToDate = defineCheck({
  id: 'configs-up-to-date',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'daemon configurations up-to-date with config.toml',
  needs: ['hostConfig'],
  judge: ({ hostConfig }) => judgeUpToDate('aziotctl', ['keyd', 'certd', 'identityd', 'tpmd'], hostConfig),
});
