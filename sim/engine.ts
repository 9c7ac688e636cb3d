import { randomBytes } from 'node:crypto';
import { access, constants, lstat, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import Docker from 'dockerode';

import { hangDockerd, restartDockerd } from './engine/dockerd.ts';
import type { EngineNetwork } from './engine/networks.ts';
import { startPrivateEngine } from './engine/private.ts';
import { systemPath } from './engine/run.ts';
import { useSharedEngine } from './engine/shared.ts';

export { ownerLabel, simLabel } from './engine/labels.ts';

/** What another process needs in order to use a running engine; plain JSON. */
export interface EngineFacts {
  /** `unix:///…`, as in the environment variable DOCKER_HOST. */
  readonly dockerHost: string;
  readonly runId: string;
  /** True when the engine is ours alone, so that destructive tests may use it. */
  readonly owned: boolean;
  /** The device's network: edgeHub listens on its gateway. */
  readonly edge: EngineNetwork;
  /** The way to the cloud: IoT Hub and Blob Storage listen on its gateway. */
  readonly uplink: EngineNetwork;
}

export interface Engine extends EngineFacts {
  readonly docker: Docker;
  /**
   * Ends the engine and starts it again: `stop` (default) as `systemctl restart docker` does, `crash` with SIGKILL.
   * Resolves when the containers with a restart policy run again. Throws when the engine is not ours alone.
   */
  restart(how?: 'stop' | 'crash'): Promise<void>;
  /** The engine takes calls and answers none until the returned function is called. Throws as `restart` does. */
  hang(): Promise<() => void>;
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** Where engines are kept. Default: /var/tmp/edge-support-UID (short, because socket paths are limited to 107 bytes). */
  readonly dir?: string;
  readonly log?: (line: string) => void;
  /** Default: the environment of this process. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * Starts a private Docker engine; without root or dockerd it uses the reachable one (DOCKER_HOST or the usual socket)
 * and touches there only what it made itself. Throws one sentence when there is neither.
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const env = options.env ?? process.env;
  const log = options.log ?? (() => undefined);
  const runId = randomBytes(4).toString('hex');
  const missing = await missingForPrivate(env);
  if (missing.length === 0) {
    const engine = await startPrivateEngine(options.dir ?? (await defaultDir()), runId, log);
    return { ...engine, runId, owned: true, docker: connect(engine.dockerHost), ...power(engine.dockerHost, true) };
  }
  const dockerHost = env.DOCKER_HOST || 'unix:///var/run/docker.sock';
  const docker = dockerHost.startsWith('unix://') ? connect(dockerHost) : undefined;
  const refused = await docker?.ping().then(
    () => undefined,
    (error: Error) => error.message,
  );
  if (!docker || refused !== undefined) {
    const why = refused ?? 'only a unix:// socket on this machine will do';
    throw new Error(
      `The local IoT Edge needs a Docker engine: run as root with the packages docker.io, iproute2 and util-linux installed (missing: ${missing.join(', ')}), or make one reachable at ${dockerHost} (${why}).`,
    );
  }
  log(`no private engine (missing: ${missing.join(', ')}); using the one at ${dockerHost}`);
  return {
    ...(await useSharedEngine(docker, runId)),
    dockerHost,
    runId,
    owned: false,
    docker,
    ...power(dockerHost, false),
  };
}

/** Uses an engine that another process started and will stop: `stop` does nothing. */
export function adoptEngine(facts: EngineFacts): Engine {
  const { dockerHost, owned } = facts;
  return { ...facts, docker: connect(dockerHost), ...power(dockerHost, owned), stop: async () => undefined };
}

/** The facts of an engine, for `adoptEngine` in another process. */
export function engineFacts({ dockerHost, runId, owned, edge, uplink }: Engine): EngineFacts {
  return { dockerHost, runId, owned, edge, uplink };
}

/** Interference with the engine itself, from any process that knows its address. */
function power(dockerHost: string, owned: boolean): Pick<Engine, 'restart' | 'hang'> {
  const folder = () => {
    if (owned) return dirname(dockerHost.slice('unix://'.length));
    throw new Error(
      'Others use this Docker engine too: only a private one (root on Linux) is restarted or made to hang.',
    );
  };
  return {
    restart: async (how = 'stop') => restartDockerd(folder(), how),
    hang: async () => hangDockerd(folder()),
  };
}

/** A client for a `unix://` engine address. */
function connect(dockerHost: string): Docker {
  if (!dockerHost.startsWith('unix://')) throw new Error(`Expected a unix:// Docker address, got ${dockerHost}.`);
  return new Docker({ socketPath: dockerHost.slice('unix://'.length) });
}

async function missingForPrivate(env: NodeJS.ProcessEnv): Promise<string[]> {
  const missing = process.getuid?.() === 0 ? [] : ['root'];
  const folders = (env === process.env ? systemPath : (env.PATH ?? '')).split(':').filter(Boolean);
  for (const program of ['dockerd', 'containerd', 'runc', 'ip', 'unshare']) {
    const found = await Promise.any(folders.map((folder) => access(join(folder, program), constants.X_OK))).then(
      () => true,
      () => false,
    );
    if (!found) missing.push(program);
  }
  return missing;
}

/** A folder of our own in a shared place: refused when somebody else made it. */
async function defaultDir(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const dir = `/var/tmp/edge-support-${uid}`;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const found = await lstat(dir);
  if (!found.isDirectory() || found.uid !== uid) throw new Error(`${dir} is not a folder of user ${uid}.`);
  return dir;
}
