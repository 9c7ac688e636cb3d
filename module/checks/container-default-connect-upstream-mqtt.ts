import { defineCheck } from './check.ts';
import { judgeUpstreamPort } from './upstream-port.ts';

export const containerDefaultConnectUpstreamMqtt = defineCheck({
  id: 'container-default-connect-upstream-mqtt',
  section: 'Connectivity checks',
  title: 'container on the default network can connect to upstream MQTT port',
  needs: ['environment', 'edgeContainers', 'bridgeUpstream'],
  judge: ({ bridgeUpstream, ...facts }) => judgeUpstreamPort('mqtt', { ...facts, upstream: bridgeUpstream }, 'default'),
});
