import { blockCloud } from '../../../sim/firewall.ts';
import { type Certified, createPki } from '../../../sim/pki.ts';
import { siteHubName } from '../../../sim/site.ts';
import { allOf, type CompleteEdge, type FaultyState, turn } from '../state.ts';

/** The beginnings of the addresses that containers have: on the modules' network and on the default bridge. */
function containerAddresses({ engine }: CompleteEdge): [edge: string, bridge: string] {
  const [a, b, edge] = engine.edge.gateway.split('.').map(Number);
  return [`${a}.${b}.${edge}.`, `${a}.${b}.${(edge ?? 0) - 1}.`];
}

/** edgeAgent, whose setting counts, speaks another protocol with the upstream. */
export async function speak(edge: CompleteEdge, UpstreamProtocol: string, more: Record<string, string> = {}) {
  await edge.workloads.redeploy('edgeAgent', (spec) => ({ ...spec, env: { ...spec.env, UpstreamProtocol, ...more } }));
  return () => edge.workloads.redeploy('edgeAgent');
}

/** What answers for the hub, on one port or on all, presents another certificate. */
async function present(edge: CompleteEdge, certificate: Certified, port?: number) {
  edge.hub.faults.present('cloud', certificate, port);
  return async () => edge.hub.faults.present('cloud');
}

/** What is wrong with time, names and ways. */
export const networkStates: readonly FaultyState[] = [
  {
    id: 'clock-wrong',
    fault: 'the clock is a minute slow',
    cause: 'host-local-time',
    plant: async ({ ntp }) => turn(ntp, 'offsetSecs', 60),
  },
  {
    id: 'ntp-unset',
    fault: "the NTP server's own clock is not set",
    cause: 'host-local-time',
    plant: async ({ ntp }) => turn(ntp, 'unset', true),
  },
  {
    id: 'dns-dead-in-containers',
    fault: 'the name server answers the host, and no container',
    cause: 'dns-consistency',
    plant: async (edge) => turn(edge.site.dns, 'silentFor', containerAddresses(edge)),
  },
  {
    id: 'dns-dead',
    fault: 'the name server answers nobody',
    cause: 'dns-consistency',
    plant: async ({ site }) => turn(site.dns, 'silentFor', ['']),
  },
  {
    id: 'hub-name-unknown',
    fault: "the name server does not know the hub's name",
    cause: 'dns-consistency',
    async plant({ site, engine }) {
      site.dns.names.delete(siteHubName);
      return async () => void site.dns.names.set(siteHubName, [engine.uplink.gateway]);
    },
  },
  {
    id: 'mqtt-blocked',
    fault: 'a firewall drops port 8883',
    cause: 'host-connect-iothub-mqtt',
    plant: ({ engine }) => blockCloud(engine, { protocol: 'tcp', port: 8883 }),
  },
  {
    id: 'mqtt-blocked-for-modules',
    fault: "port 8883 is dropped for the modules' network alone",
    cause: 'container-connect-upstream-mqtt',
    plant: ({ engine }) => blockCloud(engine, { protocol: 'tcp', port: 8883, from: engine.edge.subnet }),
  },
  {
    id: 'https-blocked',
    fault: 'a firewall drops port 443, and UpstreamProtocol is MqttWs',
    cause: 'host-connect-iothub-https',
    plant: async (edge) =>
      allOf([await speak(edge, 'MqttWs'), await blockCloud(edge.engine, { protocol: 'tcp', port: 443 })]),
  },
  {
    id: 'tls-inspected',
    fault: 'a firewall of the site inspects TLS on port 443, with a root that nobody on the device knows',
    cause: 'tls-inspection',
    plant: async (edge) => {
      const site = await createPki('Contoso Web Gateway');
      return present(edge, await site.server([siteHubName], { issuer: 'root' }), 443);
    },
  },
  {
    id: 'hub-certificate-expired',
    fault: "the hub's certificate expired yesterday",
    cause: 'host-connect-iothub-mqtt',
    alsoFine: {
      'host-connect-iothub-https': 'The hub has one certificate for all its ports.',
      'host-connect-iothub-amqp': 'The same.',
    },
    plant: async (edge) => {
      const notAfter = new Date(Date.now() - 24 * 3_600_000);
      return present(edge, await edge.pki.server([siteHubName], { notAfter, issuer: 'root' }));
    },
  },
];
