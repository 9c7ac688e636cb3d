import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type SecureContext, type TLSSocket, connect as tlsConnect } from 'node:tls';
import { messageOf, SupportError } from '../base/errors.ts';
import { describeMs, within } from '../base/time.ts';
import { ask, type HttpQuestion, type HttpReading } from './ask.ts';
import { readTls, type TlsReading } from './certificates.ts';
import type { Proxy } from './proxy.ts';
import type { PublicRoots } from './public-roots.ts';
import { type Hold, opened, serverName } from './socket.ts';
import { openTunnel, ProxyRefusal } from './tunnel.ts';

/** How far a dial came. A port that is dialled through a proxy counts as `tcp` when the proxy says it is connected. */
export interface DialReading {
  readonly host: string;
  readonly port: number;
  /** The proxy it went through, without user and password. */
  readonly proxy?: string;
  readonly reached: 'nothing' | 'tcp' | 'tls' | 'http';
  /** Why it came no further. */
  readonly error?: string;
  /** The dial's limit in milliseconds, when it was this that ended it. */
  readonly timedOutMs?: number;
  /** The status by which the proxy refused, when it did. */
  readonly proxyStatus?: number;
  readonly durationMs: number;
  /** The address connected to: the proxy's when there is one. */
  readonly address?: string;
  readonly tls?: TlsReading;
  readonly http?: HttpReading;
}

export interface DialTarget {
  readonly host: string;
  readonly port: number;
  /** The host's addresses, looked up once for all its ports. Not used with a proxy, which looks up by itself. */
  readonly addresses: () => Promise<readonly string[]>;
  readonly proxy?: Proxy | undefined;
  readonly secureContext: SecureContext;
  /** The public roots, when it is to be said whether what was presented is issued under one. */
  readonly publicRoots?: PublicRoots;
  /** What to ask over HTTPS at the end, or nothing. */
  readonly ask?: HttpQuestion;
  readonly now: () => Date;
}

/** Connects, shakes hands and, when asked, asks over HTTPS, in at most `limitMs`. What fails is in the reading. */
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
          openTunnel({ ...target, proxy, tcp }, hold, own),
        )
      : tcp;
    found.reached = 'tcp';
    const secure = await step(`The TLS handshake with ${host}:${port}`, (own) => openTls(target, tunnel, hold, own));
    found.reached = 'tls';
    found.tls = readTls(secure, target.publicRoots);
    const question = target.ask;
    if (question) {
      found.http = await step(`Waiting for an HTTP answer of ${host}:${port}`, (own) =>
        ask(question, authority(host, port), secure, target.now, own),
      );
      found.reached = 'http';
    }
  } catch (error) {
    signal.throwIfAborted();
    found.error = explain(error, limitMs);
    if (isTimeout(error)) found.timedOutMs = Math.round(limitMs);
    if (error instanceof ProxyRefusal) found.proxyStatus = error.status;
  } finally {
    outermost?.destroy();
  }
  const durationMs = Math.round(performance.now() - started);
  return { host, port, ...(proxy ? { proxy: proxy.shown } : {}), reached: 'nothing', ...found, durationMs };
}

// The limit named is that of the dial, since its last step was given only what was left of it.
function explain(error: unknown, limitMs: number): string {
  const text = messageOf(error);
  if (!isTimeout(error)) return text;
  return text.replace(/ did not finish within .*$/, ` did not finish within ${describeMs(limitMs)}`);
}

/** A header Host: without a port it means 443, and a proxy that inspects TLS goes by it. */
function authority(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}${port === 443 ? '' : `:${port}`}`;
}

function isTimeout(error: unknown): boolean {
  return error instanceof SupportError && error.code === 'timeout';
}

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

function openTls(target: DialTarget, socket: Duplex, hold: Hold, signal: AbortSignal): Promise<TLSSocket> {
  const { host, secureContext } = target;
  // Not rejected here: that a certificate is bad, and why, is what the reading is to say.
  const options = { socket, secureContext, rejectUnauthorized: false, ...serverName(host) };
  return opened(hold(tlsConnect(options)), 'secureConnect', signal);
}
