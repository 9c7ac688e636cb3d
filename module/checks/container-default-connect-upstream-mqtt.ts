import { defineCheck } from './check.ts';
import { judgeUpstreamPort, upstreamPortNeeds } from './upstream-port.ts';

export const containerDefaultConnectUpstreamMqtt = defineCheck({
  id: 'container-default-connect-upstream-mqtt',
  section: 'Connectivity checks',
  title: 'container on the default network can connect to upstream MQTT port',
  needs: upstreamPortNeeds,
  judge: (facts) => judgeUpstreamPort('mqtt', 'bridgeUpstream', facts),
});
