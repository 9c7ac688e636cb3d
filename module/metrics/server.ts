import { createServer, type Server } from 'node:http';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';

/** Serves the metrics' page to whoever scrapes it on the modules' network. */
export interface MetricsServer {
  /** Serves on this port from now on, and on no other; 0 is nowhere. */
  use(port: number): void;
  /** Resolves when every connection is closed. */
  close(): Promise<void>;
}

export interface MetricsServerParts {
  readonly page: () => Promise<string>;
  readonly log: Pick<Log, 'info' | 'warning'>;
  readonly limits?: ServerLimits;
}

export interface ServerLimits {
  /** A scraper needs one connection; so many there may be, whoever else comes is turned away. */
  readonly connections: number;
  /** In which a request must have come, and for which a connection is kept for the next; milliseconds. */
  readonly requestMs: number;
  /** How often that is looked at. */
  readonly checkMs: number;
  /** A connection on which nothing moves is closed after so long. */
  readonly idleMs: number;
}

const usualLimits: ServerLimits = { connections: 16, requestMs: 5000, checkMs: 1000, idleMs: 10_000 };

/** The same for edgeHub's and edgeAgent's. */
const path = '/metrics';

const contentType = 'text/plain; version=0.0.4; charset=utf-8';

/** Whatever goes wrong here is a line in the log: the module is there without its metrics, too. */
export function createMetricsServer(parts: MetricsServerParts): MetricsServer {
  const { log } = parts;
  let current: { readonly port: number; readonly server: Server } | undefined;
  const close = async () => {
    const server = current?.server;
    current = undefined;
    if (!server) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  return {
    use(port) {
      if (port === (current?.port ?? 0)) return;
      void close();
      if (port === 0) return;
      const server = createPageServer(parts);
      const own = { port, server };
      current = own;
      server.on('error', (error) => {
        log.warning(
          `Metrics are not served on port ${port}: ${messageOf(error)} (setting metrics.port). GetMetrics has them all the same.`,
        );
        // The next change of settings tries again.
        if (!server.listening && current === own) current = undefined;
      });
      server.listen(port, () => log.info(`Metrics are served on port ${port}.`));
    },
    close,
  };
}

function createPageServer({ page, log, limits = usualLimits }: MetricsServerParts): Server {
  const options = {
    headersTimeout: limits.requestMs,
    requestTimeout: limits.requestMs,
    connectionsCheckingInterval: limits.checkMs,
    keepAliveTimeout: limits.requestMs,
    maxHeaderSize: 8192,
  };
  const server = createServer(options, async ({ method, url }, response) => {
    const wanted = (method === 'GET' || method === 'HEAD') && url?.split('?')[0] === path;
    // A body that nobody wants is not waited for.
    if (!wanted) {
      response.writeHead(404, { connection: 'close' }).end();
      return;
    }
    try {
      const body = Buffer.from(await page());
      response.writeHead(200, { 'content-type': contentType, 'content-length': body.length }).end(body);
    } catch (error) {
      log.warning(`The metrics could not be read: ${messageOf(error)}`);
      response.writeHead(500, { connection: 'close' }).end();
    }
  });
  server.maxConnections = limits.connections;
  server.setTimeout(limits.idleMs);
  return server;
}
