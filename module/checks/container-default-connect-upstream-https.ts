import { defineCheck } from './check.ts';
import { judgeUpstreamPort, upstreamPortNeeds } from './upstream-port.ts';

export const containerDefaultConnectUpstreamHttps = defineCheck({
  id: 'container-default-connect-upstream-https',
  section: 'Connectivity checks',
  title: 'container on the default network can connect to upstream HTTPS / WebSockets port',
  needs: upstreamPortNeeds,
  judge: (facts) => judgeUpstreamPort('https', 'bridgeUpstream', facts),
});
