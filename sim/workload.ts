import { chmod, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { answerWorkload, WorkloadError, type WorkloadOptions } from './workload-routes.ts';

export type { WorkloadOptions } from './workload-routes.ts';

/** Faults a test can set; each holds until it is taken back. */
export interface WorkloadFaults {
  /** Connections are closed as soon as they are made. The socket file stays, so that bind mounts stay valid. */
  refuse: boolean;
  /** Milliseconds every answer is held back. */
  delayMs: number;
  /** Every request is answered with this status and a message. */
  status: number | undefined;
  /** Requests are read and the connection closed without an answer, as aziot-edged does above its limit. */
  closeWithoutAnswer: boolean;
}

export interface Workload {
  /** `unix:///…` or `http://host:port`, as in IOTEDGE_WORKLOADURI. */
  readonly uri: string;
  readonly faults: WorkloadFaults;
  stop(): Promise<void>;
}

/** aziot-edged takes ten requests at a time per caller; more are closed without an answer. */
const CONCURRENT = 10;
const BODY_LIMIT = 1024 * 1024;

/**
 * Starts the IoT Edge workload API as modules see it: trust bundle, signing, encryption, certificates, list of modules.
 * Unlike aziot-edged it does not check the caller's process, and signs over TCP too.
 */
export async function startWorkload(options: WorkloadOptions): Promise<Workload> {
  const faults: WorkloadFaults = { refuse: false, delayMs: 0, status: undefined, closeWithoutAnswer: false };
  const sockets = new Set<Socket>();
  let busy = 0;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (busy >= CONCURRENT) {
      request.socket.destroy();
      return;
    }
    busy += 1;
    try {
      const body = await readBody(request);
      if (faults.delayMs > 0) await new Promise((done) => setTimeout(done, faults.delayMs).unref());
      if (faults.closeWithoutAnswer) {
        request.socket.destroy();
        return;
      }
      if (faults.status !== undefined) throw new WorkloadError(faults.status, 'injected fault');
      const answer = await answerWorkload(options, request.method ?? 'GET', request.url ?? '/', body);
      write(response, answer.status, answer.body);
    } catch (error) {
      const { status, message } =
        error instanceof WorkloadError ? error : { status: 500, message: `internal error: ${error}` };
      write(response, status, { message });
    } finally {
      busy -= 1;
      options.log?.(`workload: ${request.method} ${request.url} ${response.statusCode}`);
    }
  }

  const server = createServer((request, response) => void serve(request, response));
  server.on('connection', (socket) => {
    if (faults.refuse) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const { socketPath, listen } = options;
  if (socketPath !== undefined) await rm(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath === undefined ? (listen ?? { host: '127.0.0.1', port: 0 }) : { path: socketPath }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  // Modules run under any user id.
  if (socketPath !== undefined) await chmod(socketPath, 0o666);

  return {
    uri: socketPath === undefined ? httpUri(server.address() as AddressInfo) : `unix://${socketPath}`,
    faults,
    async stop() {
      const closed = new Promise<void>((done) => server.close(() => done()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function httpUri({ address, port, family }: AddressInfo): string {
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new WorkloadError(413, 'the body is larger than 1 MB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function write(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed || response.headersSent) return;
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
