import http from 'node:http';
import net from 'node:net';

/** A proxy that takes CONNECT, and plain HTTP requests without a body. */
export interface Proxy {
  readonly address: string;
  /** The targets that were asked for, each with its Proxy-Authorization header. */
  readonly asked: readonly (readonly [target: string, authorization: string | undefined])[];
  stop(): Promise<void>;
}

/** Starts it at a free port of the address; `addressOf` is how it looks up names, as the machine does by default. */
export async function startProxy(host: string, addressOf = (name: string) => name): Promise<Proxy> {
  const asked: (readonly [string, string | undefined])[] = [];
  const sockets = new Set<net.Socket>();
  const keep = (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = http.createServer();
  server.on('connect', (request, inner: net.Socket) => {
    const target = request.url ?? '';
    asked.push([target, request.headers['proxy-authorization']]);
    const [name = '', port] = target.split(':');
    const outer = keep(
      net.connect(Number(port), addressOf(name), () => inner.write('HTTP/1.1 200 Connection established\r\n\r\n')),
    );
    keep(inner).pipe(outer).pipe(inner);
    inner.on('close', () => outer.destroy());
    outer.on('close', () => inner.destroy());
  });
  server.on('request', ({ url = '', method = 'GET', headers }, response) => {
    const { hostname, port, pathname, search } = new URL(url);
    asked.push([url, headers['proxy-authorization']]);
    const to = { host: addressOf(hostname), port, path: pathname + search, method, headers };
    const passed = http.request(to, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on('error', () => response.destroy()).end();
  });
  await new Promise<void>((done) => server.listen(0, host, done));
  return {
    address: `${host}:${(server.address() as net.AddressInfo).port}`,
    asked,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((done) => server.close(done));
    },
  };
}
