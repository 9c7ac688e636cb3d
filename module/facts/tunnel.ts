import { request } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type SecureContext, connect as tlsConnect } from 'node:tls';
import { type Proxy, proxyAuthorization } from './proxy.ts';
import { type Hold, opened, serverName } from './socket.ts';

/** A proxy's answer to CONNECT other than 200. The message shows the proxy without user and password. */
export class ProxyRefusal extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'ProxyRefusal';
    this.status = status;
  }
}

interface Tunnel {
  readonly host: string;
  readonly port: number;
  readonly proxy: Proxy;
  /** The connection to the proxy. */
  readonly tcp: Socket;
  /** To verify a proxy that is itself reached over TLS. */
  readonly secureContext: SecureContext;
}

/** Asks a proxy to CONNECT to `host:port`. Rejects with a ProxyRefusal when it will not, and with the signal's reason. */
export async function openTunnel(tunnel: Tunnel, hold: Hold, signal: AbortSignal): Promise<Duplex> {
  const { host, port, proxy, tcp, secureContext } = tunnel;
  const outer =
    proxy.url.protocol === 'https:'
      ? await opened(
          hold(tlsConnect({ socket: tcp, secureContext, ...serverName(proxy.url.hostname) })),
          'secureConnect',
          signal,
        )
      : tcp;
  const authorization = proxyAuthorization(proxy);
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const call = request({
    method: 'CONNECT',
    path: authority,
    headers: { host: authority, ...(authorization ? { 'proxy-authorization': authorization } : {}) },
    createConnection: () => outer,
    signal,
  });
  call.end();
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  call.on('error', reject);
  call.on('response', () => reject(new Error(`the proxy ${proxy.shown} did not speak HTTP CONNECT`)));
  call.on('connect', ({ statusCode = 0, statusMessage = '' }, socket) => {
    if (statusCode === 200) resolve(socket);
    else {
      const answer = `${statusCode} ${statusMessage}`;
      reject(new ProxyRefusal(`the proxy ${proxy.shown} answered ${answer} to CONNECT ${authority}`, statusCode));
    }
  });
  return promise;
}
