import { once } from 'node:events';
import { request } from 'node:http';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type SecureContext, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { messageOf, SupportError } from '../base/errors.ts';
import { describeMs, within } from '../base/time.ts';
import { readTls, type TlsReading } from './certificates.ts';
import { type Proxy, proxyAuthorization } from './proxy.ts';

/** How far a dial came. A port that is dialled through a proxy counts as `tcp` when the proxy says it is connected. */
export interface DialReading {
  readonly host: string;
  readonly port: number;
  /** The proxy it went through, without user and password. */
  readonly proxy?: string;
  readonly reached: 'nothing' | 'tcp' | 'tls' | 'http';
  /** Why it came no further. */
  readonly error?: string;
  readonly durationMs: number;
  /** The address connected to: the proxy's when there is one. */
  readonly address?: string;
  readonly tls?: TlsReading;
  readonly http?: HttpReading;
}

export interface HttpReading {
  readonly status: number;
  /** The header `iothub-errorcode`. */
  readonly errorCode?: string;
  /** The header `Date`, and our clock in the middle of asking; milliseconds since 1970. */
  readonly date?: number;
  readonly askedAt: number;
}

export interface DialTarget {
  readonly host: string;
  readonly port: number;
  /** The host's addresses, looked up once for all its ports. Not used with a proxy, which looks up by itself. */
  readonly addresses: () => Promise<readonly string[]>;
  readonly proxy?: Proxy | undefined;
  readonly secureContext: SecureContext;
  /** The path of an HTTPS GET to end with, or none. */
  readonly get?: string;
  readonly now: () => Date;
}

/** Connects, shakes hands and, when asked, sends a GET, in at most `limitMs`. What fails is in the reading. */
export async function dial(target: DialTarget, limitMs: number, signal: AbortSignal): Promise<DialReading> {
  const { host, port, proxy } = target;
  const started = performance.now();
  // Only the outermost socket is ever destroyed, which ends those below it: Node (tried: 20 and 26) crashes when the
  // socket under a TLS socket is destroyed first.
  let outermost: Duplex | undefined;
  const hold = <T extends Duplex>(socket: T): T => {
    outermost = socket;
    return socket;
  };
  const found: { -readonly [K in keyof DialReading]?: DialReading[K] } = { reached: 'nothing' };
  const step = <T>(what: string, work: (own: AbortSignal) => Promise<T>) =>
    within(Math.max(1, limitMs - (performance.now() - started)), what, work, signal);
  try {
    const tcp = await step(`Connecting to ${proxy?.url.host ?? `${host}:${port}`}`, (own) =>
      openTcp(target, hold, own),
    );
    found.address = tcp.remoteAddress ?? '';
    const tunnel = proxy
      ? await step(`Asking the proxy ${proxy.shown} for ${host}:${port}`, (own) =>
          openTunnel(target, proxy, tcp, hold, own),
        )
      : tcp;
    found.reached = 'tcp';
    const secure = await step(`The TLS handshake with ${host}:${port}`, (own) => openTls(target, tunnel, hold, own));
    found.reached = 'tls';
    found.tls = readTls(secure);
    if (target.get !== undefined) {
      found.http = await step(`Waiting for an HTTP answer of ${host}:${port}`, (own) => ask(target, secure, own));
      found.reached = 'http';
    }
  } catch (error) {
    signal.throwIfAborted();
    found.error = explain(error, limitMs);
  } finally {
    outermost?.destroy();
  }
  const durationMs = Math.round(performance.now() - started);
  return { host, port, ...(proxy ? { proxy: proxy.shown } : {}), reached: 'nothing', ...found, durationMs };
}

// The limit named is that of the dial, since its last step was given only what was left of it.
function explain(error: unknown, limitMs: number): string {
  const text = messageOf(error);
  if (!(error instanceof SupportError && error.code === 'timeout')) return text;
  return text.replace(/ did not finish within .*$/, ` did not finish within ${describeMs(limitMs)}`);
}

/** Takes note of a socket as soon as there is one, so that it is ended whatever happens. */
type Hold = <T extends Duplex>(socket: T) => T;

async function openTcp(target: DialTarget, hold: Hold, signal: AbortSignal): Promise<Socket> {
  const { host, port, addresses, proxy } = target;
  if (proxy) {
    const { hostname, protocol } = proxy.url;
    const proxyPort = Number(proxy.url.port || (protocol === 'https:' ? 443 : 80));
    return opened(hold(connect({ host: hostname.replace(/^\[|\]$/g, ''), port: proxyPort })), 'connect', signal);
  }
  const known = await addresses();
  signal.throwIfAborted();
  const lookup: LookupFunction = (_, options, done) => {
    const all = known.map((address) => ({ address, family: isIP(address) }));
    if (options.all) done(null, all);
    else done(null, all[0]?.address ?? '', all[0]?.family);
  };
  // Node's 250 ms for one of several addresses is too short for a satellite link.
  return opened(hold(connect({ host, port, lookup, autoSelectFamilyAttemptTimeout: 2500 })), 'connect', signal);
}

async function openTunnel(
  { host, port, secureContext }: DialTarget,
  proxy: Proxy,
  tcp: Socket,
  hold: Hold,
  signal: AbortSignal,
): Promise<Duplex> {
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
  call.on('connect', (response, socket) => {
    if (response.statusCode === 200) resolve(socket);
    else {
      const answer = `${response.statusCode} ${response.statusMessage}`;
      reject(new Error(`the proxy ${proxy.shown} answered ${answer} to CONNECT ${authority}`));
    }
  });
  return promise;
}

function openTls(target: DialTarget, socket: Duplex, hold: Hold, signal: AbortSignal): Promise<TLSSocket> {
  const { host, secureContext } = target;
  // Not rejected here: that a certificate is bad, and why, is what the reading is to say.
  const options = { socket, secureContext, rejectUnauthorized: false, ...serverName(host) };
  return opened(hold(tlsConnect(options)), 'secureConnect', signal);
}

// A server name is never an address (RFC 6066, 3); the certificate is then compared with `host`.
function serverName(host: string): { host: string; servername: string } {
  return { host, servername: isIP(host) ? '' : host };
}

async function ask({ host, get, now }: DialTarget, socket: TLSSocket, signal: AbortSignal): Promise<HttpReading> {
  const before = now().getTime();
  const call = request({
    path: get,
    headers: { host, connection: 'close', 'user-agent': 'edge-support' },
    createConnection: () => socket,
    signal,
  });
  call.end();
  const { promise, resolve, reject } = Promise.withResolvers<HttpReading>();
  call.on('error', reject);
  call.on('response', (response) => {
    response.on('error', () => {});
    const date = Date.parse(response.headers.date ?? '');
    const errorCode = response.headers['iothub-errorcode'];
    resolve({
      status: response.statusCode ?? 0,
      ...(errorCode === undefined ? {} : { errorCode: String(errorCode) }),
      ...(Number.isNaN(date) ? {} : { date }),
      askedAt: Math.round((before + now().getTime()) / 2),
    });
    response.resume();
  });
  return promise;
}

/** Waits until a socket is open; a socket that fails or comes too late is destroyed. */
async function opened<T extends Duplex>(
  socket: T,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<T> {
  // Errors after it is open show in whatever is then waited for; without a listener they would end the process.
  socket.on('error', () => {});
  try {
    await once(socket, event, { signal });
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}
