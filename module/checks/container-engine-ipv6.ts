import { valueOf } from '../facts/fact.ts';
import { defineCheck, type Outcome, skippedFor, type Verdict } from './check.ts';
import { invalidDaemonJson, knownConfig } from './daemon-json.ts';
import { edgeNetwork } from './edge-network.ts';

const message =
  'Container engine is not configured for IPv6 communication.\n' +
  'Please see https://aka.ms/iotedge-docker-ipv6 for a guide on how to enable IPv6 support.';

/** The engine's own default network has IPv6 exactly when it was started with `"ipv6": true`. */
const defaultNetwork = 'bridge';

export const containerEngineIpv6 = defineCheck({
  id: 'container-engine-ipv6',
  section: 'Configuration checks',
  title: 'IPv6 network configuration',
  needs: ['networks', 'edgeContainers', 'hostEngineConfig'],
  judge({ networks, edgeContainers, hostEngineConfig }): Verdict {
    if ('unavailable' in networks) return skippedFor(networks);
    const config = knownConfig(hostEngineConfig);
    const name = edgeNetwork(valueOf(edgeContainers)?.containers ?? [], undefined);
    const expected = networks.value.find((network) => network.name === name)?.ipv6 ?? false;
    const inUse = networks.value.find((network) => network.name === defaultNetwork)?.ipv6;
    const inFile = config && (config.ipv6 ?? false);
    const actual = inUse ?? inFile;
    const info = {
      expected_use_ipv6: expected,
      actual_use_ipv6: actual ?? null,
      network_name: name,
      ...(inFile === undefined ? {} : { daemon_json_ipv6: inFile }),
    };
    const invalid = invalidDaemonJson(message, hostEngineConfig, info);
    if (invalid) return invalid;
    const original: Outcome = inFile ? 'ok' : expected ? 'error' : 'ignored';
    const differing = (own: Outcome) => (inFile === undefined || own === original ? {} : { iotedgeCheck: original });
    if (actual) return { status: 'ok', info, ...differing('ok') };
    if (!expected) {
      return { status: 'ignored', why: `The network ${name} does not use IPv6.`, info, ...differing('ignored') };
    }
    if (actual === undefined) {
      const why = `The engine has no network "${defaultNetwork}" from which its own setting could be read.`;
      return { status: 'skipped', reason: 'unknown', why, info };
    }
    const cause = inFile
      ? `The network ${name} has IPv6, the engine's default network has not: it was not restarted since daemon.json says so.`
      : `The network ${name} has IPv6, the engine's default network has not.`;
    return {
      status: 'failed',
      details: [message, cause],
      fix: 'Set "ipv6": true and "fixed-cidr-v6" in /etc/docker/daemon.json and restart the engine.',
      info,
      ...differing('error'),
    };
  },
});
