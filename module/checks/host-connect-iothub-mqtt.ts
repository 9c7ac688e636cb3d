import { defineCheck } from './check.ts';
import { hostPortNeeds, judgeHostPort } from './host-port.ts';

export const hostConnectIothubMqtt = defineCheck({
  id: 'host-connect-iothub-mqtt',
  section: 'Connectivity checks (aziot-identity-service)',
  title: 'host can connect to and perform TLS handshake with iothub MQTT port',
  needs: hostPortNeeds,
  judge: (facts) => judgeHostPort('mqtt', facts),
});
