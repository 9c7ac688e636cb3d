import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A server on a loopback port, until it is closed. */
export interface Running extends AsyncDisposable {
  readonly port: number;
}

/** Takes connections, on 127.0.0.1 unless told otherwise, until disposed; open connections are ended then. */
export async function listening(server: Server, address = '127.0.0.1'): Promise<Running> {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => open.delete(socket));
  });
  server.listen(0, address);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** An HTTPS server with this certificate chain; 400 with edgeHub's error code unless told otherwise, and WebSockets. */
export function httpsServer(
  { chain, privateKey }: { readonly chain: string; readonly privateKey: string },
  handler: (request: IncomingMessage, response: ServerResponse) => void = asEdgeHub,
): Promise<Running> {
  const server = createHttpsServer({ cert: chain, key: privateKey }, handler);
  server.on('tlsClientError', () => {});
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    const protocol = request.headers['sec-websocket-protocol'];
    const head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.on('error', () => {});
    socket.write([...head, `Sec-WebSocket-Protocol: ${protocol}`, '', ''].join('\r\n'));
  });
  return listening(server);
}

/** IoT Hub's and edgeHub's answer to a request without an API version. */
function asEdgeHub(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(400, { 'iothub-errorcode': 'InvalidProtocolVersion' }).end('{}');
}

/** A server that takes connections and never says a word. */
export function silentServer(): Promise<Running> {
  return listening(createTcpServer(() => {}));
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  await using server = await silentServer();
  return server.port;
}

export interface ProxyServer extends Running {
  /** `authority authorization` of each CONNECT. */
  readonly asked: string[];
}

export interface ProxyOptions {
  /** The `user:password` without which it answers 407. */
  readonly user?: string;
  /** Speaks TLS itself, with this certificate. */
  readonly tls?: { readonly chain: string; readonly privateKey: string };
}

/** A proxy that speaks CONNECT; whatever the name asked for, it connects to 127.0.0.1. */
export async function proxyServer({ user, tls }: ProxyOptions = {}): Promise<ProxyServer> {
  const asked: string[] = [];
  const refuse = (_: IncomingMessage, response: ServerResponse) => response.writeHead(405).end();
  const server = tls ? createHttpsServer({ cert: tls.chain, key: tls.privateKey }, refuse) : createServer(refuse);
  server.on('connect', (request, socket: Socket) => {
    const authorization = request.headers['proxy-authorization'];
    asked.push(`${request.url} ${authorization ?? '-'}`);
    if (user !== undefined && authorization !== `Basic ${Buffer.from(user).toString('base64')}`) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const port = Number(/:(\d+)$/.exec(request.url ?? '')?.[1]);
    const target = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      socket.pipe(target).pipe(socket);
    });
    target.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    socket.on('error', () => target.destroy());
    socket.on('close', () => target.destroy());
  });
  const running = await listening(server);
  return { ...running, asked };
}

/** A UDP server on 127.0.0.1 that gives back what `answer` makes of a datagram, or stays silent. */
export async function udpServer(answer: (request: Buffer) => Buffer | undefined): Promise<Running> {
  const socket = createSocket('udp4');
  socket.on('message', (request, from) => {
    const reply = answer(request);
    if (reply) socket.send(reply, from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    async [Symbol.asyncDispose]() {
      socket.close();
      await once(socket, 'close');
    },
  };
}
