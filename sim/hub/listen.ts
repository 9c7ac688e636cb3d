import type { RequestListener } from 'node:http';
import https from 'node:https';
import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { Certified } from '../pki.ts';

export interface ListenerParts {
  readonly address: string;
  readonly certificate: Certified;
  readonly onHttp: RequestListener;
  /** A connection that speaks MQTT, over TLS or over WebSockets. */
  onMqtt(stream: Duplex): void;
  readonly log?: ((line: string) => void) | undefined;
}

/** The ports of one endpoint, which can be stopped and started again. */
export interface Listener {
  up(): Promise<void>;
  down(): Promise<void>;
  /** Presents this certificate from now on; the one it was made with without an argument. */
  present(certificate?: Certified): void;
}

/**
 * An endpoint's three ports: 8883 (MQTT), 443 (HTTPS, and MQTT over WebSockets at `/$iothub/websocket`) and 5671 (AMQP;
 * only the TLS handshake, so that a connectivity check passes). Nothing listens before `up`.
 */
export function createListener(parts: ListenerParts): Listener {
  let servers: readonly Server[] = [];
  const sockets = new Set<Socket>();
  let credentials = credentialsOf(parts.certificate);

  function watched<S extends Server>(server: S): S {
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    });
    server.on('tlsClientError', (error: Error) => parts.log?.(`hub: TLS failed: ${error.message}`));
    return server;
  }

  function mqtt(stream: Duplex): void {
    stream.on('error', () => undefined);
    parts.onMqtt(stream);
  }

  return {
    async up() {
      if (servers.length > 0) return;
      const web = watched(https.createServer(credentials, parts.onHttp));
      const webSockets = new WebSocketServer({
        noServer: true,
        handleProtocols: (protocols) => (protocols.has('mqtt') ? 'mqtt' : false),
      });
      web.on('upgrade', (request, socket, head) => {
        socket.on('error', () => undefined);
        if (request.url?.split('?')[0] !== '/$iothub/websocket') return socket.destroy();
        return webSockets.handleUpgrade(request, socket, head, (ws) => mqtt(createWebSocketStream(ws)));
      });
      const mqtts = watched(tls.createServer(credentials, mqtt));
      const amqps = watched(tls.createServer(credentials, (socket) => socket.on('error', () => undefined).resume()));
      const starting: readonly [Server, number][] = [
        [mqtts, 8883],
        [web, 443],
        [amqps, 5671],
      ];
      servers = starting.map(([server]) => server);
      try {
        for (const [server, port] of starting) await listen(server, port, parts.address);
      } catch (error) {
        await this.down();
        throw error;
      }
    },
    present(certificate = parts.certificate) {
      credentials = credentialsOf(certificate);
      for (const server of servers) (server as tls.Server).setSecureContext(credentials);
    },
    async down() {
      const stopping = servers.filter((server) => server.listening);
      servers = [];
      const closed = stopping.map((server) => new Promise<void>((done) => server.close(() => done())));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
}

function credentialsOf({ privateKey, chain }: Certified) {
  return { key: privateKey, cert: chain };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
