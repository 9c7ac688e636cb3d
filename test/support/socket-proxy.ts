import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What is asked of the engine: `GET /containers/{name}/json`, without the API's version, names and ids. */
export type Endpoint = string;

/** Decides what is let through: the method, and the path without the API's version and the query. */
export type Rules = (method: string, path: string) => boolean;

export interface SocketProxy {
  /** As the module's DOCKER_HOST. */
  readonly dockerHost: string;
  /** May be changed at any time; everything at the beginning. */
  rules: Rules;
  /** Endpoints that were asked for so far since the last call of `asked`. */
  readonly seen: ReadonlySet<Endpoint>;
  /** Endpoints that were asked for since the last call, each once, sorted; denied ones too. Waits until no request is under way. */
  asked(): Promise<readonly Endpoint[]>;
  stop(): Promise<void>;
}

/** HAProxy's own page (`errors/403.http`), with which docker-socket-proxy denies. */
const denial =
  'HTTP/1.0 403 Forbidden\r\nCache-Control: no-cache\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n' +
  '<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n';

const longestHead = 16 * 1024;

/**
 * A filtering proxy in front of an engine's socket. It looks at the head of a request and then passes bytes on, both ways, so
 * that streams and attached containers go through it as they are; a connection carries one request, as the module's do.
 */
export async function startSocketProxy(
  engine: string,
  where: { readonly path: string } | { readonly host: string },
): Promise<SocketProxy> {
  const sockets = new Set<Socket>();
  const asked = new Set<Endpoint>();
  let open = 0;
  let idle = () => {};
  const hold = (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
    return socket;
  };

  const serve = async (client: Socket) => {
    const head = await readHead(client);
    const [, method = '', target = ''] = /^(\S+) (\S+) HTTP\/1\.1\r\n/.exec(head) ?? [];
    const path = decodeURIComponent(target.split('?')[0] ?? '').replace(/^\/v\d+\.\d+(?=\/)/, '');
    asked.add(`${method} ${template(path)}`);
    if (!proxy.rules(method, path)) return void client.resume().end(denial);
    const server = hold(connect({ path: engine, allowHalfOpen: true }));
    server.write(/^upgrade:/im.test(head) ? head : head.replace(/\r\nconnection:.*(?=\r\n)/i, '\r\nConnection: close'));
    client.pipe(server).pipe(client);
    client.on('close', () => server.destroy());
    // An engine that does not read the whole of a request closes with an error, after its answer.
    server.on('close', () => client.destroySoon());
  };

  const listener = createServer({ allowHalfOpen: true }, (client) => {
    open += 1;
    hold(client).on('close', () => {
      open -= 1;
      if (open === 0) idle();
    });
    serve(client).catch(() => client.destroy());
  });
  listener.listen('path' in where ? where : { port: 0, host: where.host });
  await once(listener, 'listening');
  const proxy: SocketProxy = {
    dockerHost: 'path' in where ? `unix://${where.path}` : tcp(listener.address() as AddressInfo),
    rules: () => true,
    seen: asked,
    async asked() {
      if (open > 0) await new Promise<void>((resolve) => (idle = resolve));
      const found = [...asked].sort();
      asked.clear();
      return found;
    },
    async stop() {
      const closed = once(listener, 'close');
      listener.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return proxy;
}

const tcp = ({ address, port }: AddressInfo) => `tcp://${address}:${port}`;

/** The head of a request; what comes after it is still to be read. */
async function readHead(client: Socket): Promise<string> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const chunk = client.read() as Buffer | null;
    if (chunk === null) {
      await once(client, 'readable');
      continue;
    }
    bytes = Buffer.concat([bytes, chunk]);
    const end = bytes.indexOf('\r\n\r\n') + 4;
    if (end >= 4) {
      if (bytes.length > end) client.unshift(bytes.subarray(end));
      return bytes.subarray(0, end).toString('latin1');
    }
    if (bytes.length > longestHead || client.readableEnded) throw new Error('The head of a request has no end.');
  }
}

/** Paths of the engine's API in which a name or an id stands (Docker Engine API 1.47). An image's name has slashes. */
const named: readonly (readonly [RegExp, string])[] = [
  [/^\/containers\/(?!json$|create$|prune$)[^/]+/, '/containers/{name}'],
  [/^\/images\/(?!json$|create$|prune$).+?(?=\/(?:json|history|push|tag|get)$|$)/, '/images/{name}'],
  [/^\/distribution\/.+(?=\/json$)/, '/distribution/{name}'],
  [/^\/(networks|volumes)\/(?!create$|prune$)[^/]+/, '/$1/{name}'],
];

function template(path: string): string {
  const found = named.find(([shape]) => shape.test(path));
  return found ? path.replace(...found) : path;
}

/** On by default. */
const harmless = ['EVENTS', 'PING', 'VERSION'];

/** The rules of docker-socket-proxy for its variables, those that are 1. */
export function dockerSocketProxy(...variables: readonly string[]): Rules {
  const on = new Set([...harmless, ...variables]);
  return (method, path) => neededFor(method, path).every((variable) => on.has(variable));
}

/**
 * The variables of docker-socket-proxy that let a request through, without those that are on by default (its haproxy.cfg at
 * the end of 2025): for methods other than GET, for sub-paths of containers that have one of their own, for the section.
 */
export function neededFor(method: string, path: string): readonly string[] {
  const own = /^\/containers\/[^/]+\/(exec|kill|attach|archive|export|logs)/.exec(path)?.[1];
  const section = /^\/_?(\w+)/.exec(path)?.[1] ?? 'nothing';
  return [section, ...(own === undefined ? [] : [`ALLOW_${own}`]), ...(method === 'GET' ? [] : [method])]
    .map((name) => name.toUpperCase())
    .filter((name) => !harmless.includes(name));
}
