import { defineCheck } from './check.ts';
import { hostPortNeeds, judgeHostPort } from './host-port.ts';

export const hostConnectIothubHttps = defineCheck({
  id: 'host-connect-iothub-https',
  section: 'Connectivity checks (aziot-identity-service)',
  title: 'host can connect to and perform TLS handshake with iothub HTTPS / WebSockets port',
  needs: hostPortNeeds,
  judge: (facts) => judgeHostPort('https', facts),
});
