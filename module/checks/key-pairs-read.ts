import { defineCheck } from './check.ts';
import { notFromAfar } from './private-keys.ts';

export const keyPairsRead = defineCheck({
  id: 'key-pairs-read',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'read all preloaded key pairs from the Keys Service',
  needs: [],
  judge: notFromAfar,
});
