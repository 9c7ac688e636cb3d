import { once } from 'node:events';
import { chmod, mkdir } from 'node:fs/promises';
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname, join } from 'node:path';

import { versions } from '../versions.ts';

export const daemonNames = ['keyd', 'certd', 'identityd', 'tpmd'] as const;

export interface ManagementFaults {
  /** Requests are taken and never answered, as by an edged that is stuck. */
  hang: boolean;
  /** Every request is answered with this status. */
  status: number | undefined;
  /** What `/systeminfo` gives as edged's version. */
  version: string;
}

export interface DaemonSockets {
  /** Where edged's management API listens on the host: bound into edgeAgent. */
  readonly managementPath: string;
  readonly management: ManagementFaults;
  /** Stops listening as when socket and service were stopped; the returned function listens again. */
  stopDaemon(name: (typeof daemonNames)[number]): Promise<() => Promise<void>>;
  stop(): Promise<void>;
}

export interface SocketOptions {
  readonly hostRoot: string;
  /** The answer to `GET /modules`: a list of ModuleDetails. */
  readonly modules: () => Promise<readonly unknown[]>;
}

/**
 * Listens where the daemons of IoT Edge listen on a host. keyd and its like take connections and say nothing; edged's
 * management API answers GET `/modules` and `/systeminfo` as versions 1.5 and 1.6 do, without an exact check of the version.
 */
export async function startDaemonSockets({ hostRoot, modules }: SocketOptions): Promise<DaemonSockets> {
  const management: ManagementFaults = { hang: false, status: undefined, version: versions['aziot-edge'] };
  const servers = new Map<string, Listening>();
  const pathOf = (name: string) => join(hostRoot, 'run/aziot', `${name}.sock`);
  const open = async (name: string) => servers.set(name, await listen(createServer(), pathOf(name)));
  const answer = (request: IncomingMessage, response: ServerResponse) =>
    serve(management, modules, request, response).catch(() => response.destroy());
  const managementPath = join(hostRoot, 'run/iotedge/mgmt.sock');

  for (const name of daemonNames) await open(name);
  servers.set('workload', await listen(createServer(), join(hostRoot, 'run/iotedge/workload.sock')));
  servers.set(
    'mgmt',
    await listen(
      createHttp((request, response) => void answer(request, response)),
      managementPath,
    ),
  );
  return {
    managementPath,
    management,
    async stopDaemon(name) {
      await servers.get(name)?.close();
      servers.delete(name);
      return async () => void (await open(name));
    },
    async stop() {
      await Promise.all([...servers.values()].map((server) => server.close()));
      servers.clear();
    },
  };
}

async function serve(
  { hang, status, version }: ManagementFaults,
  modules: SocketOptions['modules'],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  request.resume();
  if (hang) return;
  const url = new URL(request.url ?? '/', 'http://mgmt');
  const path = url.pathname.replace(/\/+$/, '');
  const say = (code: number, body: unknown) => {
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  if (status !== undefined) say(status, { message: 'injected fault' });
  else if (!url.searchParams.has('api-version')) say(400, { message: 'api-version not specified' });
  else if (path === '/modules') say(200, { modules: await modules() });
  else if (path === '/systeminfo') say(200, systemInfo(version));
  else say(404, { message: 'not found' });
}

const systemInfo = (version: string) => ({
  osType: 'Linux',
  architecture: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
  version,
  provisioning: { type: 'ProvisioningType', dynamicReprovisioning: false, alwaysReprovisionOnStartup: false },
  cpus: 4,
  virtualized: 'no',
  kernel_release: '6.8.0-60-generic',
  operating_system: 'ubuntu',
  operating_system_version: '24.04',
  server_version: '26.1.5',
});

interface Listening {
  close(): Promise<void>;
}

/** Listens at a path with the mode of IoT Edge's sockets, 0660. */
async function listen(server: Server, path: string): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await mkdir(dirname(path), { recursive: true });
  server.listen(path);
  await once(server, 'listening');
  await chmod(path, 0o660);
  return {
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
