import { defineCheck } from './check.ts';
import { hostConnectNeeds, judgeHostConnect } from './host-connect.ts';

export const hostConnectIothubAmqp = defineCheck({
  id: 'host-connect-iothub-amqp',
  section: 'Connectivity checks (aziot-identity-service)',
  title: 'host can connect to and perform TLS handshake with iothub AMQP port',
  needs: hostConnectNeeds,
  judge: (facts) => judgeHostConnect('amqp', facts),
});
