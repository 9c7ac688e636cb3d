import type { Agent } from 'node:https';
import tls from 'node:tls';
import { within } from '../base/time.ts';
import type { Identity } from './credentials.ts';
import type { Transport, Via } from './hub.ts';
import { type ProxyVariables, proxyAgent } from './proxy.ts';

/** One place to connect to. */
export interface Endpoint {
  readonly via: Via;
  readonly hostname: string;
  /** What it is called in the log. */
  readonly name: string;
  /** PEM of what its certificate is trusted by; undefined for what Node trusts. */
  trust(signal: AbortSignal): Promise<string | undefined>;
  /** How it may be reached, in the order of trying. */
  transports(chosen: Transport): readonly { readonly transport: Transport; readonly agent: Agent | undefined }[];
}

/** The device's own edgeHub. It is local: a proxy is never on the way, whatever the proxy variables say. */
export function edgeHubEndpoint(identity: Identity): Endpoint | undefined {
  if (identity.gatewayHostname === undefined) return undefined;
  return {
    via: 'edgeHub',
    hostname: identity.gatewayHostname,
    name: 'edgeHub',
    trust: identity.trustBundle,
    transports: (chosen) => [{ transport: chosen, agent: undefined }],
  };
}

/**
 * IoT Hub itself or, when the device is nested, its parent. Networks that let nothing but HTTPS out are common: behind
 * a proxy it is WebSockets at once, else after MQTT has failed. `cloudCa` (PEM) stands for the certificates that Node
 * trusts.
 */
export function directEndpoint(
  identity: Identity,
  proxy: ProxyVariables,
  cloudCa: string | undefined,
): Endpoint | undefined {
  const { parentHostname, iothubHostname, gatewayHostname, opensIotHub } = identity;
  // Without a gateway this is the only place there is.
  if (!opensIotHub && gatewayHostname !== undefined) return undefined;
  const hostname = parentHostname ?? iothubHostname;
  return {
    via: 'direct',
    hostname,
    name: parentHostname === undefined ? 'IoT Hub' : 'the parent device',
    trust: parentHostname === undefined ? async () => cloudCa : identity.trustBundle,
    transports: (chosen) => {
      const agent = proxyAgent(proxy, hostname, 443);
      const webSockets = { transport: 'mqttws', agent } as const;
      if (agent !== undefined || chosen === 'mqttws') return [webSockets];
      return [{ transport: 'mqtt', agent: undefined }, webSockets];
    },
  };
}

/** Whether a TLS connection with a trusted certificate can be made there; nothing is sent. */
export async function answersTls(
  endpoint: Endpoint,
  transport: Transport,
  limitMs: number,
  outer: AbortSignal,
): Promise<boolean> {
  const { hostname } = endpoint;
  try {
    await within(
      limitMs,
      `A TLS connection with ${hostname}`,
      async (signal) => {
        const ca = await endpoint.trust(signal);
        const port = transport === 'mqttws' ? 443 : 8883;
        const socket = tls.connect({ host: hostname, port, ...(ca === undefined ? {} : { ca }) });
        signal.addEventListener('abort', () => socket.destroy());
        try {
          await new Promise((resolve, reject) => {
            socket.once('secureConnect', resolve);
            socket.once('error', reject);
            socket.once('close', () => reject(new Error('closed')));
          });
        } finally {
          socket.on('error', () => undefined);
          socket.destroy();
        }
      },
      outer,
    );
    return true;
  } catch {
    return false;
  }
}
