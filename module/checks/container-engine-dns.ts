import { valueOf } from '../facts/fact.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { invalidDaemonJson, knownConfig, missingCause } from './daemon-json.ts';

const message =
  'Container engine is not configured with DNS server setting, which may impact connectivity to IoT Hub.\n' +
  'Please see https://aka.ms/iotedge-prod-checklist-dns for best practices.\n' +
  'You can ignore this warning if you are setting DNS server per module in the Edge deployment.';

/**
 * The original reads daemon.json only. Here it counts as well what containers were given themselves (HostConfig.Dns),
 * and what the engine noted in our own resolv.conf, which engines from version 25 on do.
 */
export const containerEngineDns = defineCheck({
  id: 'container-engine-dns',
  section: 'Configuration checks',
  title: 'DNS server',
  needs: ['edgeContainers', 'resolver', 'environment', 'hostEngineConfig'],
  judge({ edgeContainers, resolver, environment, hostEngineConfig }): Verdict {
    const config = knownConfig(hostEngineConfig);
    const containers = valueOf(edgeContainers)?.containers ?? [];
    const without = containers.filter(({ dns }) => dns.length === 0).map(({ name }) => name);
    const own = containers.find(({ name }) => name === valueOf(environment)?.moduleId);
    // Ours says something about the engine's setting only when it was not set for this container alone.
    const engine = own && own.dns.length === 0 ? valueOf(resolver) : undefined;
    const inFile = config && config.dns.length > 0 ? config.dns : undefined;
    const info = {
      container_engine_config_path: valueOf(hostEngineConfig)?.path ?? null,
      dns: inFile ?? (engine?.configured ? engine.forwardedTo : null),
      containers: Object.fromEntries(containers.map(({ name, dns }) => [name, dns])),
    };
    const invalid = invalidDaemonJson(message, hostEngineConfig, info);
    if (invalid) return invalid;
    if (inFile) return { status: 'ok', info };
    if (engine?.configured || (containers.length > 0 && without.length === 0)) {
      return { status: 'ok', info, ...(config ? { iotedgeCheck: 'warning' } : {}) };
    }
    if (config || engine?.configured === false) {
      const named =
        without.length > 0 ? [`No DNS server is set for ${without.join(', ')}; they ask those of the host.`] : [];
      return {
        status: 'warning',
        details: [message, ...missingCause(config), ...named],
        fix: 'Set "dns" in /etc/docker/daemon.json and restart the engine, or HostConfig.Dns in the createOptions of each module.',
        info,
      };
    }
    if ('unavailable' in edgeContainers) return skippedFor(edgeContainers, info);
    const which = without.length > 0 ? `For ${without.join(', ')} no DNS server is set; ` : '';
    const unseen = 'unavailable' in hostEngineConfig ? ` ${hostEngineConfig.why}` : '';
    return {
      status: 'skipped',
      reason: 'unavailable' in hostEngineConfig ? hostEngineConfig.unavailable : 'unreadable',
      why: `${which}whether /etc/docker/daemon.json sets one could not be seen.${unseen}`,
      info,
    };
  },
});
