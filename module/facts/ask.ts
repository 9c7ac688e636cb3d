import { randomBytes } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import type { TLSSocket } from 'node:tls';

/** What to ask over a connection that is open. */
export interface HttpQuestion {
  readonly path: string;
  /** Asks for a WebSocket with this sub-protocol (`mqtt`), instead of a plain GET. */
  readonly webSocket?: string;
}

export interface HttpReading {
  /** 101 when a WebSocket was asked for and is open. */
  readonly status: number;
  /** The header `iothub-errorcode`. */
  readonly errorCode?: string;
  /** The header `Date`, and our clock in the middle of asking; milliseconds since 1970. */
  readonly date?: number;
  readonly askedAt: number;
}

/** Sends a GET and reads the head of the answer. Rejects when none comes, and with the signal's reason. */
export async function ask(
  { path, webSocket }: HttpQuestion,
  host: string,
  socket: TLSSocket,
  now: () => Date,
  signal: AbortSignal,
): Promise<HttpReading> {
  const before = now().getTime();
  const call = request({
    path,
    headers: { host, 'user-agent': 'edge-support', ...(webSocket ? upgrade(webSocket) : { connection: 'close' }) },
    createConnection: () => socket,
    signal,
  });
  call.end();
  const { promise, resolve, reject } = Promise.withResolvers<HttpReading>();
  const read = (response: IncomingMessage) => {
    response.on('error', () => {});
    const date = Date.parse(response.headers.date ?? '');
    const errorCode = response.headers['iothub-errorcode'];
    resolve({
      status: response.statusCode ?? 0,
      ...(errorCode === undefined ? {} : { errorCode: String(errorCode) }),
      ...(Number.isNaN(date) ? {} : { date }),
      askedAt: Math.round((before + now().getTime()) / 2),
    });
  };
  call.on('error', reject);
  call.on('upgrade', read);
  call.on('response', (response) => {
    read(response);
    response.resume();
  });
  return promise;
}

/** The head of a WebSocket's opening handshake (RFC 6455, 4.1). */
function upgrade(protocol: string): Readonly<Record<string, string>> {
  return {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
    'sec-websocket-protocol': protocol,
  };
}
