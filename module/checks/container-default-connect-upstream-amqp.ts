import { defineCheck } from './check.ts';
import { judgeUpstreamPort, upstreamPortNeeds } from './upstream-port.ts';

export const containerDefaultConnectUpstreamAmqp = defineCheck({
  id: 'container-default-connect-upstream-amqp',
  section: 'Connectivity checks',
  title: 'container on the default network can connect to upstream AMQP port',
  needs: upstreamPortNeeds,
  judge: (facts) => judgeUpstreamPort('amqp', 'bridgeUpstream', facts),
});
