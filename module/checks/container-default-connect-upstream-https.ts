import { defineCheck } from './check.ts';
import { judgeUpstreamPort } from './upstream-port.ts';

export const containerDefaultConnectUpstreamHttps = defineCheck({
  id: 'container-default-connect-upstream-https',
  section: 'Connectivity checks',
  title: 'container on the default network can connect to upstream HTTPS / WebSockets port',
  needs: ['environment', 'edgeContainers', 'bridgeUpstream'],
  judge: ({ bridgeUpstream, ...facts }) =>
    judgeUpstreamPort('https', { ...facts, upstream: bridgeUpstream }, 'default'),
});
