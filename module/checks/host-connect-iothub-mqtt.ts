import { defineCheck } from './check.ts';
import { hostConnectNeeds, judgeHostConnect } from './host-connect.ts';

export const hostConnectIothubMqtt = defineCheck({
  id: 'host-connect-iothub-mqtt',
  section: 'Connectivity checks (aziot-identity-service)',
  title: 'host can connect to and perform TLS handshake with iothub MQTT port',
  needs: hostConnectNeeds,
  judge: (facts) => judgeHostConnect('mqtt', facts),
});
