import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { createSecureContext } from 'node:tls';
import { messageOf } from '../base/errors.ts';
import { within } from '../base/time.ts';
import { type DialReading, type DialTarget, dial } from './dial.ts';
import { type Fact, targetsOf, Unavailable, type World } from './fact.ts';
import { findProxy } from './proxy-settings.ts';
import { hostStores, readTrust } from './trust.ts';

/** What this device's upstream looks like from the module's own network: its parent when nested, else the hub. */
export interface UpstreamReading {
  readonly host: string;
  readonly nested: boolean;
  readonly lookup: { readonly durationMs: number } & (
    | { readonly addresses: readonly string[] }
    | { readonly error: string }
  );
  /** What the certificates were verified against. */
  readonly trustStore: string;
  /** The proxy for HTTPS, without user and password, and where it is set. */
  readonly proxy?: { readonly url: string; readonly from: string };
  readonly dials: {
    readonly amqp: DialReading;
    /** Through the proxy when there is one. */
    readonly https: DialReading;
    /** The same port without the proxy, when there is one. */
    readonly httpsDirect?: DialReading;
    readonly mqtt: DialReading;
  };
}

/** From the modules' network; in this process when the module is on it. */
export const upstream: Fact<UpstreamReading> = {
  about: 'Dialling the upstream',
  from: 'edge',
  read: readUpstream,
};

/** From the engine's default bridge. */
export const bridgeUpstream: Fact<UpstreamReading> = {
  about: 'Dialling the upstream from the default bridge',
  from: 'bridge',
  read: readUpstream,
};

/** From the host, against the host's own trust store. */
export const hostUpstream: Fact<UpstreamReading> = {
  about: 'Dialling the upstream from the host',
  from: 'host',
  mounts: () => hostStores,
  read: readUpstream,
};

async function readUpstream(world: World, signal: AbortSignal, limitMs: number): Promise<UpstreamReading> {
  const { iothubHostname, ports } = targetsOf(world);
  const { parentHostname } = world.env;
  const host = parentHostname ?? iothubHostname ?? world.env.iothubHostname;
  if (host === '') {
    throw new Unavailable('unknown', 'The name of the hub is not known: IOTEDGE_IOTHUBHOSTNAME is not set.');
  }
  const started = performance.now();
  // One look-up for the three dials: getaddrinfo cannot be cancelled, and libuv runs only two at a time.
  const found = readAddresses(host, limitMs * 0.4, signal);
  const [trust, proxy] = await Promise.all([
    readTrust(world, limitMs * 0.2, signal),
    findProxy(world, host, ports.https, limitMs * 0.2, signal),
  ]);
  const secureContext = createSecureContext(trust.store ? { ca: [...trust.store.ca] } : {});
  const addresses = async () => {
    const result = await found;
    if ('error' in result) throw new Error(result.error);
    return result.addresses;
  };
  const to = (port: number, more: Pick<DialTarget, 'proxy' | 'get'> = {}) => {
    const left = limitMs * 0.8 - (performance.now() - started);
    return dial({ host, port, addresses, secureContext, now: world.now, ...more }, left, signal);
  };
  // The path that the original's diagnostics container asks for.
  const get = '/devices/0000/modules';
  const [amqp, https, mqtt, httpsDirect] = await Promise.all([
    to(ports.amqp),
    to(ports.https, { proxy: proxy?.proxy, get }),
    to(ports.mqtt),
    ...(proxy ? [to(ports.https, { get })] : []),
  ]);
  return {
    host,
    nested: parentHostname !== undefined,
    lookup: await found,
    trustStore: trust.from,
    ...(proxy ? { proxy: { url: proxy.proxy.shown, from: proxy.from } } : {}),
    dials: { amqp, https, mqtt, ...(httpsDirect ? { httpsDirect } : {}) },
  };
}

async function readAddresses(host: string, limitMs: number, signal: AbortSignal): Promise<UpstreamReading['lookup']> {
  const started = performance.now();
  const took = () => ({ durationMs: Math.round(performance.now() - started) });
  if (isIP(host)) return { addresses: [host], ...took() };
  try {
    const found = await within(limitMs, `Looking up ${host}`, () => lookup(host, { all: true }), signal);
    return { addresses: found.map(({ address }) => address), ...took() };
  } catch (error) {
    return { error: messageOf(error), ...took() };
  }
}
