import { once } from 'node:events';
import { type ClientRequest, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { type Aim, type Aimed, type AimedFault, type Aims, createAims, readBlobRequest } from './aim.ts';

/** Faults of Blob Storage that a test can inject. Each stays until `heal`. */
export interface BlobFaults {
  /** Aims a fault at single requests: the `times` next that are meant (default 1). */
  at(aim: Aim, fault: AimedFault, times?: number): Aimed;
  /** Holds every request back for so many milliseconds before it is looked at. */
  slow(ms: number): void;
  /** Reads request bodies no faster than this; 0 stops reading. */
  throttle(bytesPerSecond: number): void;
  /** Answers with the status instead of passing the request on: the next `times` requests, or all. */
  fail(status: number, times?: number): void;
  /** Breaks connections off after so many bytes of a request body: the next `times` uploads. */
  breakOff(afterBytes: number, times?: number): void;
  /** Refuses connections and drops those there are. */
  gone(): Promise<void>;
  /** Takes all faults back. */
  heal(): Promise<void>;
}

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
}

const healthy = (): State => ({
  slowMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  fail: { status: 0, times: 0 },
  breakOff: { afterBytes: 0, times: 0 },
});

/** The way into Blob Storage: passes everything on to Azurite unchanged, unless a fault is set. */
export async function openDoor(
  listen: { readonly host: string; readonly port: number },
  azuritePort: number,
): Promise<Door> {
  let state = healthy();
  const aims = createAims();
  const requests: string[] = [];
  const upstream = { host: '127.0.0.1', port: azuritePort };
  const server = createServer((incoming, answer) => {
    requests.push(`${incoming.method} ${incoming.url?.split('?')[0]}`);
    const { socket } = incoming;
    const drop = () => socket.destroy();
    pass({ incoming, answer, state, aims, upstream, drop }).catch(drop);
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
      at: aims.at,
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
      gone: close,
      heal: async () => {
        state = healthy();
        aims.clear();
        if (!server.listening) await open();
      },
    },
    stop: close,
  };
}

interface Passing {
  readonly incoming: IncomingMessage;
  readonly answer: ServerResponse;
  readonly state: State;
  readonly aims: Aims;
  readonly upstream: { readonly host: string; readonly port: number };
  readonly drop: () => void;
}

async function pass(passing: Passing): Promise<void> {
  const { incoming, answer, state, aims, drop } = passing;
  if (state.slowMs > 0) await delay(state.slowMs);
  if (state.fail.times > 0) {
    state.fail.times -= 1;
    return refuse(incoming, answer, { status: state.fail.status });
  }
  const aimed = aims.take(readBlobRequest(incoming));
  const fault = aimed?.fault ?? 'none';
  if (typeof fault === 'object' && 'status' in fault) refuse(incoming, answer, fault);
  else if (fault === 'lost') incoming.resume();
  else if (fault === 'reset') incoming.socket.resetAndDestroy();
  else {
    if (typeof fault === 'object' && 'delayMs' in fault) await delay(fault.delayMs);
    const half = fault === 'half' ? Number(incoming.headers['content-length'] ?? 0) / 2 : undefined;
    const withheld = fault === 'unanswered' || fault === 'reset-when-done';
    const onDone = () => {
      if (fault === 'reset-when-done') incoming.socket.resetAndDestroy();
      aimed?.done();
    };
    const onward = forward(passing, withheld ? onDone : undefined);
    if (!withheld) aimed?.done();
    if (!(await sendBody(incoming, answer, onward, state, half))) drop();
    return;
  }
  aimed?.done();
}

/** Blob Storage's error answers name their code in a header and in the body. */
function refuse(
  incoming: IncomingMessage,
  answer: ServerResponse,
  { status, retryAfterSecs }: Extract<AimedFault, { status: number }>,
): void {
  incoming.resume();
  const [code, message] = errors[status] ?? ['InternalError', 'The server encountered an internal error.'];
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  answer.writeHead(status, {
    'x-ms-error-code': code,
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
    ...(retryAfterSecs === undefined ? {} : { 'retry-after': String(retryAfterSecs) }),
  });
  answer.end(body);
}

/** Codes and messages as Azure words them. Source: "Common REST API error codes". */
const errors: Readonly<Record<number, readonly [code: string, message: string]>> = {
  403: ['AuthenticationFailed', 'Server failed to authenticate the request.'],
  404: ['ContainerNotFound', 'The specified container does not exist.'],
  429: ['TooManyRequests', 'The request rate is too large.'],
  500: ['InternalError', 'The server encountered an internal error. Please retry the request.'],
  503: ['ServerBusy', 'The server is currently unable to receive requests. Please retry your request.'],
};

/** Passes a request on; `onDone` takes the answer's place. */
function forward({ incoming, answer, upstream, drop }: Passing, onDone: (() => void) | undefined): ClientRequest {
  const { method, url, headers } = incoming;
  const onward = request({ ...upstream, method, path: url, headers });
  onward.on('response', (response) => {
    if (onDone !== undefined) {
      response.resume();
      response.on('end', onDone);
      return;
    }
    answer.writeHead(response.statusCode ?? 502, response.headers);
    response.pipe(answer);
  });
  onward.on('error', drop);
  answer.on('close', () => onward.destroy());
  return onward;
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
