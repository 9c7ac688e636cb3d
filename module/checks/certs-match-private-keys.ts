import { defineCheck } from './check.ts';
import { notFromAfar } from './private-keys.ts';

export const certsMatchPrivateKeys = defineCheck({
  id: 'certs-match-private-keys',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'ensure all preloaded certificates match preloaded private keys with the same ID',
  needs: [],
  judge: notFromAfar,
});
