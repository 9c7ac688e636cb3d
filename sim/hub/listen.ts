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
  /** Presents this certificate from now on, on one port or on all; the one it was made with without one. */
  present(certificate?: Certified, port?: number): void;
}

const ports = [8883, 443, 5671];

/**
 * An endpoint's three ports: 8883 (MQTT), 443 (HTTPS, and MQTT over WebSockets at `/$iothub/websocket`) and 5671 (AMQP;
 * only the TLS handshake, so that a connectivity check passes). Nothing listens before `up`.
 */
export function createListener(parts: ListenerParts): Listener {
  let servers: readonly (readonly [server: tls.Server, port: number])[] = [];
  const sockets = new Set<Socket>();
  const presented = new Map<number, Certified>();
  const credentials = (port: number) => {
    const { privateKey: key, chain: cert } = presented.get(port) ?? parts.certificate;
    return { key, cert };
  };

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
      const web = watched(https.createServer(credentials(443), parts.onHttp));
      const webSockets = new WebSocketServer({
        noServer: true,
        handleProtocols: (protocols) => (protocols.has('mqtt') ? 'mqtt' : false),
      });
      web.on('upgrade', (request, socket, head) => {
        socket.on('error', () => undefined);
        if (request.url?.split('?')[0] !== '/$iothub/websocket') return socket.destroy();
        return webSockets.handleUpgrade(request, socket, head, (ws) => mqtt(createWebSocketStream(ws)));
      });
      const mqtts = watched(tls.createServer(credentials(8883), mqtt));
      const amqps = watched(
        tls.createServer(credentials(5671), (socket) => socket.on('error', () => undefined).resume()),
      );
      servers = [
        [mqtts, 8883],
        [web, 443],
        [amqps, 5671],
      ];
      try {
        for (const [server, port] of servers) await listen(server, port, parts.address);
      } catch (error) {
        await this.down();
        throw error;
      }
    },
    present(certificate = parts.certificate, only?: number) {
      for (const port of ports.filter((one) => only === undefined || one === only)) presented.set(port, certificate);
      for (const [server, port] of servers) server.setSecureContext(credentials(port));
    },
    async down() {
      const stopping = servers.map(([server]) => server).filter((server) => server.listening);
      servers = [];
      const closed = stopping.map((server) => new Promise<void>((done) => server.close(() => done())));
      for (const socket of sockets) socket.destroy();
      await Promise.all(closed);
    },
  };
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
