import { defineCheck } from './check.ts';
import { judgeUpstreamPort, upstreamPortNeeds } from './upstream-port.ts';

export const containerConnectUpstreamHttps = defineCheck({
  id: 'container-connect-upstream-https',
  section: 'Connectivity checks',
  title: 'container on the IoT Edge module network can connect to upstream HTTPS / WebSockets port',
  needs: upstreamPortNeeds,
  judge: (facts) => judgeUpstreamPort('https', 'upstream', facts),
});
