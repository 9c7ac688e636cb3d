import { messageOf, SupportError } from '../base/errors.ts';
import type { ContainerInspect, EdgeModule } from '../docker/docker.ts';
import type { Fact } from './fact.ts';
import { showProxy } from './proxy.ts';

/** The containers that IoT Edge owns, running or not, by name. */
export interface EdgeContainersReading {
  readonly containers: readonly EdgeContainer[];
  /** Those that could not be inspected. */
  readonly unreadable: readonly { readonly name: string; readonly why: string }[];
}

/** What of a container's inspection checks need. Of its environment only what is listed here: the rest may be secret. */
export interface EdgeContainer {
  readonly name: string;
  readonly containerId: string;
  /** As it was named when the container was created. */
  readonly image: string;
  /** `sha256:…` of what it runs; the name may stand for another image by now. */
  readonly imageId: string;
  readonly createdAt: string;
  /** Why the engine could not start it, in the engine's words. */
  readonly error?: string;
  /** created, running, paused, restarting, removing, exited or dead. */
  readonly state: string;
  readonly exitCode: number;
  readonly oomKilled: boolean;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly health?: string;
  readonly restartCount: number;
  readonly log: { readonly driver: string; readonly maxSize?: string; readonly maxFile?: string };
  readonly mounts: readonly EdgeMount[];
  /** The directories declared as volumes by the image or at creation. */
  readonly volumes: readonly string[];
  /** The value of `StorageFolder`, whatever its case. */
  readonly storageFolder?: string;
  readonly upstreamProtocol?: string;
  /** The value of `https_proxy`, whatever its case, without user and password. */
  readonly httpsProxy?: string;
  /** DNS servers set for this container; those of daemon.json are not among them. */
  readonly dns: readonly string[];
  readonly extraHosts: readonly string[];
  readonly networks: readonly string[];
  /** The ports that it asks for on the host. */
  readonly ports: readonly EdgePort[];
}

export interface EdgePort {
  /** `8883/tcp` */
  readonly container: string;
  readonly host: number;
  /** The host's address; empty for all. */
  readonly address: string;
}

export interface EdgeMount {
  /** bind, volume or tmpfs. */
  readonly type: string;
  readonly source: string;
  readonly destination: string;
  /** A volume's name; 64 hex digits when it was never given one. */
  readonly volume?: string;
}

export const edgeContainers: Fact<EdgeContainersReading> = {
  about: "Inspecting IoT Edge's containers",
  async read({ docker }, signal) {
    const modules = await docker.modules(signal);
    const containers: EdgeContainer[] = [];
    const unreadable: { name: string; why: string }[] = [];
    for (const batch of batches(modules, 4)) {
      const read = batch.map(async (module) => {
        try {
          containers.push(reduceContainer(module, await docker.inspect(module.name, signal)));
        } catch (error) {
          signal.throwIfAborted();
          // Removed between listing and inspecting: not there any more, so nothing to judge.
          if (error instanceof SupportError && error.code === 'not-found') return;
          unreadable.push({ name: module.name, why: messageOf(error) });
        }
      });
      await Promise.all(read);
    }
    const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
    return { containers: containers.sort(byName), unreadable: unreadable.sort(byName) };
  },
};

function* batches<T>(items: readonly T[], size: number): Iterable<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

/** What of a container's inspection is kept. Throws for what is none. */
export function reduceContainer(
  module: Pick<EdgeModule, 'name' | 'containerId'>,
  inspect: ContainerInspect,
): EdgeContainer {
  const { Config: config, HostConfig: host, State: state } = inspect;
  const env = (name: string) => environmentValue(config.Env ?? [], name);
  // Only the two options that bound a log: those of other drivers may hold tokens.
  const { 'max-size': maxSize, 'max-file': maxFile } = (host.LogConfig?.Config ?? {}) as Record<string, string>;
  return {
    name: module.name,
    containerId: module.containerId,
    image: config.Image,
    imageId: inspect.Image,
    createdAt: inspect.Created,
    ...optional('error', state.Error || undefined),
    state: state.Status,
    exitCode: state.ExitCode,
    oomKilled: state.OOMKilled,
    startedAt: state.StartedAt,
    finishedAt: state.FinishedAt,
    ...optional('health', state.Health?.Status),
    restartCount: inspect.RestartCount ?? 0,
    log: { driver: host.LogConfig?.Type ?? '', ...optional('maxSize', maxSize), ...optional('maxFile', maxFile) },
    mounts: (inspect.Mounts ?? []).map((mount) => ({
      type: (mount as { Type?: string }).Type ?? 'bind',
      source: mount.Source,
      destination: mount.Destination,
      ...optional('volume', mount.Name),
    })),
    volumes: Object.keys(config.Volumes ?? {}),
    ...optional('storageFolder', env('storagefolder')),
    ...optional('upstreamProtocol', env('upstreamprotocol')),
    ...optional('httpsProxy', shown(env('https_proxy'))),
    dns: (host.Dns as string[] | null | undefined) ?? [],
    extraHosts: (host.ExtraHosts as string[] | null | undefined) ?? [],
    networks: Object.keys(inspect.NetworkSettings?.Networks ?? {}),
    ports: portsOf((host.PortBindings ?? {}) as PortBindings),
  };
}

const shown = (proxy: string | undefined) => (proxy === undefined || proxy === '' ? undefined : showProxy(proxy));

type PortBindings = Readonly<Record<string, readonly { HostIp?: string; HostPort?: string }[] | null>>;

function portsOf(bindings: PortBindings): readonly EdgePort[] {
  return Object.entries(bindings).flatMap(([container, hosts]) =>
    (hosts ?? []).map(({ HostIp: address = '', HostPort: port = '' }) => ({ container, host: Number(port), address })),
  );
}

/** The value of an environment variable in an inspection's `NAME=value` list, whatever the case of its name. */
export function environmentValue(env: readonly string[], lowerCaseName: string): string | undefined {
  const start = `${lowerCaseName}=`;
  return env.find((entry) => entry.slice(0, start.length).toLowerCase() === start)?.slice(start.length);
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
