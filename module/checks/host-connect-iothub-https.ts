import { defineCheck } from './check.ts';
import { hostConnectNeeds, judgeHostConnect } from './host-connect.ts';

export const hostConnectIothubHttps = defineCheck({
  id: 'host-connect-iothub-https',
  section: 'Connectivity checks (aziot-identity-service)',
  title: 'host can connect to and perform TLS handshake with iothub HTTPS / WebSockets port',
  needs: hostConnectNeeds,
  judge: (facts) => judgeHostConnect('https', facts),
});
