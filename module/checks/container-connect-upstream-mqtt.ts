import { defineCheck } from './check.ts';
import { judgeUpstreamPort, upstreamPortNeeds } from './upstream-port.ts';

export const containerConnectUpstreamMqtt = defineCheck({
  id: 'container-connect-upstream-mqtt',
  section: 'Connectivity checks',
  title: 'container on the IoT Edge module network can connect to upstream MQTT port',
  needs: upstreamPortNeeds,
  judge: (facts) => judgeUpstreamPort('mqtt', 'upstream', facts),
});
