import { valueOf } from '../facts/fact.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

const message =
  'Container engine is not configured with DNS server setting, which may impact connectivity to IoT Hub.\n' +
  'Please see https://aka.ms/iotedge-prod-checklist-dns for best practices.\n' +
  'You can ignore this warning if you are setting DNS server per module in the Edge deployment.';

/**
 * The original reads daemon.json only. Here it counts what containers were given themselves (HostConfig.Dns), and what
 * the engine noted in our own resolv.conf; daemon.json's servers show in neither with engines older than 25.
 */
export const containerEngineDns = defineCheck({
  id: 'container-engine-dns',
  section: 'Configuration checks',
  title: 'DNS server',
  needs: ['edgeContainers', 'resolver', 'environment'],
  judge({ edgeContainers, resolver, environment }): Verdict {
    if ('unavailable' in edgeContainers) return skippedFor(edgeContainers);
    const { containers } = edgeContainers.value;
    const without = containers.filter(({ dns }) => dns.length === 0).map(({ name }) => name);
    const own = containers.find(({ name }) => name === valueOf(environment)?.moduleId);
    // Ours says something about the engine's setting only when it was not set for this container alone.
    const engine = own && own.dns.length === 0 ? valueOf(resolver) : undefined;
    const info = {
      container_engine_config_path: null,
      dns: engine?.configured ? engine.forwardedTo : null,
      containers: Object.fromEntries(containers.map(({ name, dns }) => [name, dns])),
    };
    if (engine?.configured || (containers.length > 0 && without.length === 0)) return { status: 'ok', info };
    if (engine?.configured === false) {
      return {
        status: 'warning',
        details: [message, `No DNS server is set for ${without.join(', ')}; they ask those of the host.`],
        fix: 'Set "dns" in /etc/docker/daemon.json and restart the engine, or HostConfig.Dns in the createOptions of each module.',
        info,
      };
    }
    const which = without.length > 0 ? `For ${without.join(', ')} no DNS server is set; ` : '';
    return {
      status: 'skipped',
      reason: 'mount-missing',
      why: `${which}whether /etc/docker/daemon.json sets one cannot be seen from inside a container of this engine.`,
      info,
    };
  },
});
