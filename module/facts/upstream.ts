import { type DialReading, type DialTarget, dial } from './dial.ts';
import { type Fact, targetsOf, Unavailable, type World } from './fact.ts';
import { hostStorePaths } from './host-trust.ts';
import { addressesOf, type LookupReading, readAddresses } from './lookup.ts';
import { findProxy } from './proxy-settings.ts';
import { readPublicRoots } from './public-roots.ts';
import { readTrust, secureContextFor } from './trust.ts';

/** What this device's upstream looks like from one place: its parent when nested, else the hub. */
export interface UpstreamReading {
  readonly host: string;
  readonly nested: boolean;
  readonly lookup: LookupReading;
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
    /** A WebSocket on the HTTPS port, as edgeAgent and edgeHub open it with AmqpWs and MqttWs; the way of `https`. */
    readonly webSocket: DialReading;
    readonly mqtt: DialReading;
  };
}

/** From the modules' network; in this process when the module is on it. */
export const upstream: Fact<UpstreamReading> = {
  about: 'Dialling the upstream',
  from: 'edge',
  read: readUpstream,
};

export const bridgeUpstream: Fact<UpstreamReading> = {
  about: 'Dialling the upstream from the default bridge',
  from: 'bridge',
  read: readUpstream,
};

/** From the host's network, verified against the host's own trust store. */
export const hostUpstream: Fact<UpstreamReading> = {
  about: 'Dialling the upstream from the host',
  from: 'host',
  mounts: () => hostStorePaths,
  read: readUpstream,
};

/** The path that the original's diagnostics container asks for. */
const modulesPath = '/devices/0000/modules';
/** Where IoT Hub and edgeHub take WebSockets. */
const webSocketPath = '/$iothub/websocket';

async function readUpstream(world: World, signal: AbortSignal, limitMs: number): Promise<UpstreamReading> {
  const { iothubHostname, ports } = targetsOf(world);
  const { parentHostname, upstreamProtocol } = world.env;
  const host = parentHostname ?? iothubHostname ?? world.env.iothubHostname;
  if (host === '') {
    throw new Unavailable('unknown', 'The name of the hub is not known: IOTEDGE_IOTHUBHOSTNAME is not set.');
  }
  const started = performance.now();
  // One look-up for all dials: getaddrinfo cannot be cancelled, and libuv runs only two at a time.
  const found = readAddresses(host, limitMs * 0.4, signal);
  const [trust, proxy] = await Promise.all([
    readTrust(world, limitMs * 0.2, signal),
    findProxy(world, host, ports.https, limitMs * 0.2, signal),
  ]);
  const common = {
    host,
    addresses: () => addressesOf(found),
    secureContext: secureContextFor(trust),
    publicRoots: readPublicRoots(),
    now: world.now,
  };
  const to = (port: number, more: Pick<DialTarget, 'proxy' | 'ask'> = {}) => {
    const left = limitMs * 0.8 - (performance.now() - started);
    return dial({ ...common, port, ...more }, left, signal);
  };
  const get = { path: modulesPath };
  const webSocketProtocol = upstreamProtocol?.toLowerCase() === 'amqpws' ? 'AMQPWSB10' : 'mqtt';
  const open = { path: webSocketPath, webSocket: webSocketProtocol };
  const [amqp, https, mqtt, webSocket, httpsDirect] = await Promise.all([
    to(ports.amqp),
    to(ports.https, { proxy: proxy?.proxy, ask: get }),
    to(ports.mqtt),
    to(ports.https, { proxy: proxy?.proxy, ask: open }),
    ...(proxy ? [to(ports.https, { ask: get })] : []),
  ]);
  return {
    host,
    nested: parentHostname !== undefined,
    lookup: await found,
    trustStore: trust.from,
    ...(proxy ? { proxy: { url: proxy.proxy.shown, from: proxy.from } } : {}),
    dials: { amqp, https, mqtt, webSocket, ...(httpsDirect ? { httpsDirect } : {}) },
  };
}
