import { once } from 'node:events';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';

/** Takes note of a socket as soon as there is one, so that it is ended whatever happens. */
export type Hold = <T extends Duplex>(socket: T) => T;

/** Waits until a socket is open; a socket that fails or comes too late is destroyed. */
export async function opened<T extends Duplex>(
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

/** How a TLS client names the server: never by an address (RFC 6066, 3); the certificate is compared with `host`. */
export function serverName(host: string): { host: string; servername: string } {
  return { host, servername: isIP(host) ? '' : host };
}
