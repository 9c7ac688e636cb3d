import { defineCheck } from './check.ts';
import { judgeUpstreamPort, upstreamPortNeeds } from './upstream-port.ts';

export const containerConnectUpstreamAmqp = defineCheck({
  id: 'container-connect-upstream-amqp',
  section: 'Connectivity checks',
  title: 'container on the IoT Edge module network can connect to upstream AMQP port',
  needs: upstreamPortNeeds,
  judge: (facts) => judgeUpstreamPort('amqp', 'upstream', facts),
});
