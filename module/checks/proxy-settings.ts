import type { Missing, Reading } from '../facts/fact.ts';
import { valueOf } from '../facts/fact.ts';
import type { HostProxiesReading, ServiceProxy } from '../facts/host-proxies.ts';
import type { Facts } from '../facts/index.ts';
import { defineCheck, type Verdict } from './check.ts';

/** A proxy without user and password, '' when there is none; or why it is not known. */
type Setting = { readonly proxy: string } | { readonly why: string };

/**
 * The original compares four texts, passwords included, and prints them. Here scheme, host and port are compared, which
 * is all that leaves the place where a setting is read.
 */
export const proxySettings = defineCheck({
  id: 'proxy-settings',
  section: 'Configuration checks',
  title: 'proxy settings are consistent in aziot-edged, aziot-identityd, moby daemon and config.toml',
  needs: ['edgeContainers', 'engineInfo', 'hostProxies'],
  judge({ edgeContainers, engineInfo, hostProxies }): Verdict {
    const settings = {
      'IoT Edge Agent': agentOf(edgeContainers),
      'IoT Edge Daemon': serviceOf('aziot-edged', hostProxies),
      'IoT Identity Daemon': serviceOf('aziot-identityd', hostProxies),
      Moby: engineOf(engineInfo, hostProxies),
    };
    const known = Object.entries(settings).flatMap(([name, one]) => ('proxy' in one ? [{ name, ...one }] : []));
    const unknown = Object.entries(settings).flatMap(([name, one]) => ('why' in one ? [[name, one.why] as const] : []));
    const info = {
      ...Object.fromEntries(known.map(({ name, proxy }) => [name, proxy === '' ? null : proxy])),
      compared: 'scheme, host and port; whether there is a user, not which',
      ...(unknown.length > 0 ? { not_compared: Object.fromEntries(unknown) } : {}),
    };
    if (known.length < 2) {
      const missing = [edgeContainers, engineInfo, hostProxies].find((reading) => 'unavailable' in reading);
      const { unavailable: reason, why } = (missing ?? { unavailable: 'unknown', why: 'Nothing is known.' }) as Missing;
      return { status: 'skipped', reason, why, info };
    }
    if (new Set(known.map(({ proxy }) => proxy)).size === 1) return { status: 'ok', info };
    const text = (one: Setting) => ('proxy' in one ? `"${one.proxy}"` : '(not known)');
    return {
      status: 'warning',
      details: [
        `The proxy setting for IoT Edge Agent ${text(settings['IoT Edge Agent'])}, ` +
          `IoT Edge Daemon ${text(settings['IoT Edge Daemon'])}, ` +
          `IoT Identity Daemon ${text(settings['IoT Identity Daemon'])}, and Moby ${text(settings.Moby)} ` +
          'may need to be identical.',
      ],
      fix:
        'Give each the same https_proxy: edgeAgent in the deployment and in [agent.env] of config.toml, the services by ' +
        "'systemctl edit' (Environment=https_proxy=…) followed by a restart.",
      info,
    };
  },
});

function agentOf(reading: Reading<Facts['edgeContainers']>): Setting {
  if ('unavailable' in reading) return { why: reading.why };
  const agent = reading.value.containers.find(({ name }) => name === 'edgeAgent');
  return agent ? { proxy: agent.httpsProxy ?? '' } : { why: 'There is no container edgeAgent.' };
}

function serviceOf(name: keyof HostProxiesReading, reading: Reading<HostProxiesReading>): Setting {
  return 'unavailable' in reading ? { why: reading.why } : settingOf(name, reading.value[name]);
}

function settingOf(name: string, { found, httpsProxy, notSeen }: ServiceProxy): Setting {
  if (!found) return { why: `There is no unit ${name}.service in systemd's usual folders.` };
  if (httpsProxy === undefined && notSeen.length > 0) return { why: `It may be set in ${notSeen.join(', ')}.` };
  return { proxy: httpsProxy ?? '' };
}

/** The engine says itself what it uses, wherever it was set; without it the unit's setting is taken. */
function engineOf(reading: Reading<Facts['engineInfo']>, host: Reading<HostProxiesReading>): Setting {
  const engine = valueOf(reading);
  return engine ? { proxy: engine.httpsProxy } : serviceOf('docker', host);
}
