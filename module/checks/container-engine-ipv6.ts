import { valueOf } from '../facts/fact.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { edgeNetwork } from './edge-network.ts';

/** The engine's own default network has IPv6 exactly when daemon.json says `"ipv6": true`. */
const defaultNetwork = 'bridge';

export const containerEngineIpv6 = defineCheck({
  id: 'container-engine-ipv6',
  section: 'Configuration checks',
  title: 'IPv6 network configuration',
  needs: ['networks', 'edgeContainers'],
  judge({ networks, edgeContainers }): Verdict {
    if ('unavailable' in networks) return skippedFor(networks);
    const name = edgeNetwork(valueOf(edgeContainers)?.containers ?? [], undefined);
    const expected = networks.value.find((network) => network.name === name)?.ipv6 ?? false;
    const actual = networks.value.find((network) => network.name === defaultNetwork)?.ipv6;
    const info = { expected_use_ipv6: expected, actual_use_ipv6: actual ?? null, network_name: name };
    if (actual) return { status: 'ok', info };
    if (!expected) return { status: 'ignored', why: `The network ${name} does not use IPv6.`, info };
    if (actual === undefined) {
      const why = `The engine has no network "${defaultNetwork}" from which its own setting could be read.`;
      return { status: 'skipped', reason: 'unknown', why, info };
    }
    return {
      status: 'failed',
      details: [
        'Container engine is not configured for IPv6 communication.\n' +
          'Please see https://aka.ms/iotedge-docker-ipv6 for a guide on how to enable IPv6 support.',
        `The network ${name} has IPv6, the engine's default network has not.`,
      ],
      fix: 'Set "ipv6": true and "fixed-cidr-v6" in /etc/docker/daemon.json and restart the engine.',
      info,
    };
  },
});
