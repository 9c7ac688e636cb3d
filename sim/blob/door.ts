import { once } from 'node:events';
import { type ClientRequest, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Faults of Blob Storage that a test can inject. Each stays until `heal`. */
export interface BlobFaults {
  /** Holds every request back for so many milliseconds before it is looked at. */
  slow(ms: number): void;
  /** Reads request bodies no faster than this; 0 stops reading. */
  throttle(bytesPerSecond: number): void;
  /** Answers with the status instead of passing the request on: the next `times` requests, or all. */
  fail(status: number, times?: number): void;
  /** Breaks connections off after so many bytes of a request body: the next `times` uploads. */
  breakOff(afterBytes: number, times?: number): void;
  /** What becomes of the PUT requests that come next, one after the other; replaces what was left of an earlier list. */
  next(...faults: readonly RequestFault[]): void;
  /** Refuses connections and drops those there are. */
  gone(): Promise<void>;
  /** Takes all faults back. */
  heal(): Promise<void>;
}

/**
 * `pass`: nothing. A number: answered with that status and not passed on. `reset`: the connection is dropped at once.
 * `break off`: it is dropped in the middle of the body. `withhold`: taken, not passed on and never answered. `lose
 * answer`: Azurite does it, then the connection is dropped. `hold answer`: Azurite does it, nothing is answered.
 */
export type RequestFault = 'pass' | 'reset' | 'break off' | 'withhold' | 'lose answer' | 'hold answer' | number;

export interface Door {
  readonly faults: BlobFaults;
  /** Requests that came in, in order: method and path without the query. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

interface State {
  slowMs: number;
  bytesPerSecond: number;
  fail: { status: number; times: number };
  breakOff: { afterBytes: number; times: number };
  next: RequestFault[];
}

const healthy = (): State => ({
  slowMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  fail: { status: 0, times: 0 },
  breakOff: { afterBytes: 0, times: 0 },
  next: [],
});

/** The way into Blob Storage: passes everything on to Azurite unchanged, unless a fault is set. */
export async function openDoor(
  listen: { readonly host: string; readonly port: number },
  azuritePort: number,
): Promise<Door> {
  let state = healthy();
  const requests: string[] = [];
  const upstream = { host: '127.0.0.1', port: azuritePort };
  const server = createServer((incoming, answer) => {
    requests.push(`${incoming.method} ${incoming.url?.split('?')[0]}`);
    const { socket } = incoming;
    const drop = () => socket.destroy();
    pass(incoming, answer, state, upstream, drop).catch(drop);
  });
  server.requestTimeout = 0;
  const open = async () => {
    server.listen(listen.port, listen.host);
    await once(server, 'listening');
  };
  const close = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  };
  await open();
  return {
    requests,
    faults: {
      slow: (ms) => {
        state.slowMs = ms;
      },
      throttle: (bytesPerSecond) => {
        state.bytesPerSecond = bytesPerSecond;
      },
      fail: (status, times = Number.POSITIVE_INFINITY) => {
        state.fail = { status, times };
      },
      breakOff: (afterBytes, times = Number.POSITIVE_INFINITY) => {
        state.breakOff = { afterBytes, times };
      },
      next: (...faults) => {
        state.next = [...faults];
      },
      gone: close,
      heal: async () => {
        state = healthy();
        if (!server.listening) await open();
      },
    },
    stop: close,
  };
}

async function pass(
  incoming: IncomingMessage,
  answer: ServerResponse,
  state: State,
  upstream: { host: string; port: number },
  drop: () => void,
): Promise<void> {
  const fault = (incoming.method === 'PUT' ? state.next.shift() : undefined) ?? 'pass';
  if (fault === 'reset') return drop();
  if (state.slowMs > 0) await delay(state.slowMs);
  const status = typeof fault === 'number' ? fault : state.fail.times > 0 ? state.fail.status : undefined;
  if (status !== undefined) {
    if (typeof fault !== 'number') state.fail.times -= 1;
    incoming.resume();
    answer.writeHead(status, { 'x-ms-error-code': 'ServerBusy', 'content-length': 0 });
    answer.end();
    return;
  }
  if (fault === 'withhold') {
    incoming.resume();
    return;
  }
  const { method, url, headers } = incoming;
  const onward = request({ ...upstream, method, path: url, headers });
  onward.on('response', (response) => {
    if (fault === 'lose answer' || fault === 'hold answer') {
      response.resume();
      if (fault === 'lose answer') drop();
      return;
    }
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  });
  onward.on('error', drop);
  answer.on('close', () => onward.destroy());
  const half = fault === 'break off' ? Number(headers['content-length'] ?? 0) / 2 : undefined;
  if (!(await sendBody(incoming, answer, onward, state, half))) drop();
}

/** Passes the body on, no faster than a fault allows; false when a fault breaks the connection off. */
async function sendBody(
  incoming: IncomingMessage,
  answer: ServerResponse,
  onward: ClientRequest,
  state: State,
  half: number | undefined,
): Promise<boolean> {
  const started = performance.now();
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (half !== undefined && bytes > half) return false;
    if (state.breakOff.times > 0 && bytes > state.breakOff.afterBytes) {
      state.breakOff.times -= 1;
      return false;
    }
    while (!answer.destroyed && performance.now() - started < (bytes / state.bytesPerSecond) * 1000) await delay(20);
    if (answer.destroyed) return false;
    if (!onward.write(chunk)) await once(onward, 'drain');
  }
  onward.end();
  return true;
}
