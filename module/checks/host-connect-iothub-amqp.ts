import { defineCheck } from './check.ts';
import { hostPortNeeds, judgeHostPort } from './host-port.ts';

export const hostConnectIothubAmqp = defineCheck({
  id: 'host-connect-iothub-amqp',
  section: 'Connectivity checks (aziot-identity-service)',
  title: 'host can connect to and perform TLS handshake with iothub AMQP port',
  needs: hostPortNeeds,
  judge: (facts) => judgeHostPort('amqp', facts),
});
