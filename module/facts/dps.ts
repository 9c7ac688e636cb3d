import { type DialReading, dial } from './dial.ts';
import { type Fact, Unavailable, type World } from './fact.ts';
import { hostStorePaths } from './host-trust.ts';
import { hostView } from './host-view.ts';
import { addressesOf, type LookupReading, readAddresses } from './lookup.ts';
import { readProvisioning } from './provisioning.ts';
import { findProxy } from './proxy-settings.ts';
import { readPublicRoots } from './public-roots.ts';
import { readTrust, secureContextFor } from './trust.ts';

/** The Device Provisioning Service as the host sees it; without `dialled` on a device that does not use it. */
export interface DpsReading {
  /** identityd's `provisioning.source`: manual, dps or none. */
  readonly source: string;
  /** `provisioning.global_endpoint`, without user and password. */
  readonly endpoint?: string;
  readonly dialled?: {
    readonly lookup: LookupReading;
    readonly trustStore: string;
    /** Where the proxy is set, when there is one. */
    readonly proxyFrom?: string;
    readonly dial: DialReading;
  };
}

/** That of the public cloud. */
const usualEndpoint = 'https://global.azure-devices-provisioning.net';

export const dps: Fact<DpsReading> = {
  about: 'Dialling the Device Provisioning Service from the host',
  from: 'host',
  mounts: () => ['/etc/aziot', ...hostStorePaths],
  async read(world, signal, limitMs) {
    const { source, globalEndpoint = usualEndpoint } = await readProvisioning(hostView(world), signal);
    if (source !== 'dps') return { source };
    if (!URL.canParse(globalEndpoint)) throw new Unavailable('unreadable', 'global_endpoint is not a URL.');
    const url = new URL(globalEndpoint);
    const endpoint = `${url.protocol}//${url.host}${url.pathname}`;
    if (url.hostname === '') return { source, endpoint };
    return { source, endpoint, dialled: await dialHost(url, world, signal, limitMs) };
  },
};

async function dialHost(
  url: URL,
  world: World,
  signal: AbortSignal,
  limitMs: number,
): Promise<NonNullable<DpsReading['dialled']>> {
  const started = performance.now();
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 443);
  const found = readAddresses(host, limitMs * 0.4, signal);
  const [trust, proxy] = await Promise.all([
    readTrust(world, limitMs * 0.2, signal),
    findProxy(world, host, port, limitMs * 0.2, signal),
  ]);
  const target = {
    host,
    port,
    addresses: () => addressesOf(found),
    proxy: proxy?.proxy,
    secureContext: secureContextFor(trust),
    publicRoots: readPublicRoots(),
    now: world.now,
  };
  const reading = await dial(target, limitMs * 0.8 - (performance.now() - started), signal);
  return {
    lookup: await found,
    trustStore: trust.from,
    ...(proxy ? { proxyFrom: proxy.from } : {}),
    dial: reading,
  };
}
