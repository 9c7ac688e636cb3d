import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeEngine extends AsyncDisposable {
  readonly dockerHost: string;
  /** `METHOD /path?query` of every request. */
  readonly asked: readonly string[];
  /** How many connections are open. */
  connections(): Promise<number>;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export const sendJson =
  (value: unknown, status = 200): Answer =>
  (_, response) => {
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
  };

/**
 * An engine's HTTP server for faults that a real engine does not have at will. Answers are found by the end of the
 * path without its version; `/version` and `inspect` are answered unless told otherwise.
 */
export async function fakeEngine(answers: Readonly<Record<string, Answer>>, tcp = false): Promise<FakeEngine> {
  const all: Readonly<Record<string, Answer>> = {
    '/version': sendJson({ Version: '28.0.0', ApiVersion: '1.48', MinAPIVersion: '1.24', Os: 'linux', Arch: 'amd64' }),
    '/containers/m/json': sendJson({ Config: { Tty: false } }),
    ...answers,
  };
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { method, url = '' } = request;
    asked.push(`${method} ${url}`);
    const path = url.replace(/^\/v[\d.]+(?=\/)/, '').replace(/\?.*/, '');
    (all[path] ?? sendJson({ message: `page not found: ${path}` }, 404))(request, response);
  });
  const dir = await mkdtemp(join(tmpdir(), 'fake-engine-'));
  const socketPath = join(dir, 'docker.sock');
  await new Promise<void>((resolve) => {
    if (tcp) server.listen(0, '127.0.0.1', resolve);
    else server.listen(socketPath, resolve);
  });
  const address = server.address();
  return {
    asked,
    dockerHost: typeof address === 'object' && address ? `tcp://127.0.0.1:${address.port}` : `unix://${socketPath}`,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(dir, { recursive: true, force: true });
    },
  };
}
