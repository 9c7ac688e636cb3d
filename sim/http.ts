import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface SmallServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** A plain HTTP server on a free port of the address; a handler that rejects closes the connection. */
export async function startSmallServer(
  address: string,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<SmallServer> {
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    request.resume();
    handle(request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.listen(0, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
