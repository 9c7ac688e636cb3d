import { lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import type { Log } from '../base/log.ts';
import { socketPath } from './address.ts';
import type { Health } from './health.ts';

/** Answers health checks. */
export interface HealthServer {
  /** Resolves when nobody is connected any more. */
  close(): Promise<void>;
}

export interface HealthServerParts {
  /** See `socketPath`; empty for none. */
  readonly address: string;
  readonly health: () => Health;
  readonly log: Pick<Log, 'warning'>;
  readonly limits?: HealthServerLimits;
}

export interface HealthServerLimits {
  /** A health check is one connection; whoever comes beyond these is turned away. */
  readonly connections: number;
  /** After so many milliseconds a connection that does not take its answer is closed. */
  readonly idleMs: number;
}

const usualLimits: HealthServerLimits = { connections: 8, idleMs: 5000 };

/**
 * Listens at the address; to each connection it says the health, as one line of JSON, and hangs up. Nothing is read. What
 * goes wrong is a line in the log: the module does its work without it, too.
 */
export function createHealthServer({ address, health, log, limits = usualLimits }: HealthServerParts): HealthServer {
  if (address === '') return { close: async () => undefined };
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.setTimeout(limits.idleMs, () => socket.destroy());
    socket.resume();
    socket.end(`${JSON.stringify(health())}\n`);
  });
  server.maxConnections = limits.connections;
  let closed = false;
  const listen = () => void (closed || server.listen(socketPath(address)));
  let tried = false;
  server.on('error', ({ code }: NodeJS.ErrnoException) => {
    const tell = () =>
      log.warning(`Health checks are not answered at ${address}: ${code} (EDGE_SUPPORT_HEALTH_SOCKET).`);
    if (code !== 'EADDRINUSE' || address.startsWith('@') || tried) return tell();
    tried = true;
    void removeLeftOver(address).then((removed) => (removed ? listen() : tell()));
  });
  listen();
  return {
    close: () =>
      new Promise((resolve) => {
        closed = true;
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

/** A process that was killed leaves its socket's file behind, and the container that is started again still has it. */
function removeLeftOver(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', ({ code }: NodeJS.ErrnoException) => {
      try {
        // Nobody listens: of anything else than a socket the kernel says so, too, and that is not ours to remove.
        if (code !== 'ECONNREFUSED' || !lstatSync(path).isSocket()) return resolve(false);
        rmSync(path);
        resolve(true);
      } catch {
        resolve(false);
      }
    });
  });
}
