import type Dockerode from 'dockerode';

/** The label by which edged marks the containers that IoT Edge owns (edgelet-docker, `runtime.rs`). */
export const ownerLabel = 'net.azure-devices.edge.owner';
export const ownerValue = 'Microsoft.Azure.Devices.Edge.Agent';

/** The engine's own JSON, as its API returns it. */
export type ContainerInspect = Dockerode.ContainerInspectInfo;
export type NetworkInspect = Dockerode.NetworkInspectInfo;

export interface EngineVersion {
  readonly version: string;
  readonly apiVersion: string;
  readonly minApiVersion: string;
  readonly os: string;
  readonly arch: string;
}

/** What of `GET /info` is used; the whole answer is kept in `raw`. */
export interface EngineInfo {
  readonly name: string;
  readonly serverVersion: string;
  readonly loggingDriver: string;
  readonly systemTime: string;
  readonly httpProxy: string;
  readonly httpsProxy: string;
  readonly noProxy: string;
  readonly dockerRootDir: string;
  readonly raw: Readonly<Record<string, unknown>>;
}

/** A container that IoT Edge owns; the id that methods use is the container's name. */
export interface EdgeModule {
  readonly name: string;
  readonly containerId: string;
  readonly image: string;
  /** created, running, paused, restarting, removing, exited or dead. */
  readonly state: string;
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** A query of `GET /containers/{id}/logs`; times are whole Unix seconds. */
export interface LogQuery {
  readonly since?: number;
  readonly until?: number;
  readonly tail?: number;
  readonly timestamps?: boolean;
}

/** Something that happened to a container of IoT Edge. */
export interface EngineEvent {
  readonly name: string;
  /** start, die, oom, kill, stop, destroy … */
  readonly action: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of `die`. */
  readonly exitCode?: number;
}

/** An event as it happens, with what it takes to tell a failure from an end that somebody ordered. */
export interface FollowedEvent extends EngineEvent {
  /** A name can be another container's a moment later. */
  readonly containerId: string;
  /** Of `kill`: the number of the signal. */
  readonly signal?: number;
  /** What edgeAgent wrote on the container: never, on-failure, on-unhealthy or always. */
  readonly restartPolicy?: string;
}

/** The memory that a running container takes, in bytes. */
export interface MemoryUse {
  /** Without the part of the page cache that can be given back at once. */
  readonly used: number;
  /** The machine's memory for a container that has no limit of its own. */
  readonly limit: number;
}

/** The engine's answer to a log query, not yet taken apart. */
export interface RawLog {
  /** A TTY container's log has no frame headers and one stream. */
  readonly tty: boolean;
  /** The body as it arrives, with back-pressure; an engine fault rejects the iteration. */
  readonly body: AsyncIterable<Buffer>;
}

/** Answers of the engine that are passed on whole: what it is, what it has, and the room that takes. */
export type EngineReport = 'version' | 'info' | 'df' | 'images' | 'containers';

/** What may be taken away from the engine. */
export type Removable = 'container' | 'image' | 'network' | 'volume' | 'cache';

/** A short-lived container of our own image that looks at what cannot be seen from here. */
export interface HelperSpec {
  /** An image id, so that nothing is ever pulled. */
  readonly image: string;
  readonly command: readonly string[];
  /** A network's name, `host`, `bridge` or `none`. */
  readonly network: string;
  /** Whether it sees the host's processes. */
  readonly hostProcesses?: boolean;
  /** Host paths, bound read-only unless they say otherwise; those that do not exist are left out. */
  readonly mounts: readonly { readonly source: string; readonly target: string; readonly writable?: boolean }[];
  /** As root, with the right to read what belongs to others; otherwise as nobody without any right. */
  readonly asRoot: boolean;
  /** Whose it is. */
  readonly owner: string;
}

export interface HelperOutput {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Sources of mounts that do not exist, or at which the engine may not look. */
  readonly missing: readonly string[];
}

/**
 * Everything this module asks of the container engine. Few and listed: the Docker socket is root.
 * Every call takes a signal and rejects with a SupportError: `unavailable` when the engine cannot be reached,
 * `not-found` for an unknown name, and messages that name the engine call.
 */
export interface Docker {
  /** The engine's address, for messages. */
  readonly address: string;
  /** Whether the engine has answered since this process started; absent: not known. */
  readonly answered?: () => boolean;
  version(signal: AbortSignal): Promise<EngineVersion>;
  info(signal: AbortSignal): Promise<EngineInfo>;
  /** The containers with the owner label, running or not, sorted by name. */
  modules(signal: AbortSignal): Promise<readonly EdgeModule[]>;
  inspect(name: string, signal: AbortSignal): Promise<ContainerInspect>;
  logs(name: string, query: LogQuery, signal: AbortSignal): Promise<RawLog>;
  /**
   * What happened to IoT Edge's containers between two times, in milliseconds since 1970, oldest first. An engine remembers
   * its last 256 events of every kind, and none of before its own start.
   */
  events(since: number, until: number, signal: AbortSignal): Promise<readonly EngineEvent[]>;
  /**
   * What happens to IoT Edge's containers from a time on (milliseconds since 1970), as it happens: starts, ends, and what
   * leads to ends. Goes on until the engine ends it, which is no error, or the signal; what came at once comes together.
   */
  follow(since: number, signal: AbortSignal): AsyncIterable<readonly FollowedEvent[]>;
  stats(name: string, signal: AbortSignal): Promise<MemoryUse>;
  /** The engine's own JSON, `df` within a minute. What it says of containers holds labels and commands, which may be secret. */
  report(what: EngineReport, signal: AbortSignal): Promise<unknown>;
  /** The engine's own JSON on what a container uses. */
  rawStats(name: string, signal: AbortSignal): Promise<unknown>;
  /** The id of the image that a name stands for now. */
  imageId(name: string, signal: AbortSignal): Promise<string>;
  restart(name: string, signal: AbortSignal): Promise<void>;
  /** Resolves when it has ended: by itself, or killed after the patience that its creation names (10 s by default). */
  stop(name: string, signal: AbortSignal): Promise<void>;
  /**
   * Takes one thing away, by the id or name that the engine gave it. What is in use the engine refuses (`conflict`), unless
   * `force` is given, which counts for containers alone. Volumes of a container stay.
   */
  remove(what: Removable, id: string, signal: AbortSignal, force?: boolean): Promise<void>;
  /** The engine's own JSON of all networks. */
  networkList(signal: AbortSignal): Promise<readonly NetworkInspect[]>;
  networks(signal: AbortSignal): Promise<readonly string[]>;
  network(name: string, signal: AbortSignal): Promise<NetworkInspect>;
  /**
   * Whether the image's registry has it, without pulling and without credentials. `not-found` when it has not; a
   * registry that wants credentials is an `unavailable` whose cause has the `statusCode` 401 or 403.
   */
  distribution(image: string, signal: AbortSignal): Promise<{ readonly digest: string }>;
  /**
   * Runs a helper container to its end, or to the zero byte that ends its stdout, and removes it, whatever happens.
   * `input` is told which mounts were left out and gives what goes in by stdin; it is called when the container runs.
   * `too-large` for more than 4 MB of output.
   */
  helper(spec: HelperSpec, input: (missing: readonly string[]) => string, signal: AbortSignal): Promise<HelperOutput>;
  /**
   * Runs a helper container and gives its stdout as it comes, with back-pressure; whatever happens it is removed. Rejects
   * when it ends with another status than 0, with the last line that it said on stderr.
   */
  helperStream(
    spec: HelperSpec,
    input: (missing: readonly string[]) => string,
    signal: AbortSignal,
  ): AsyncIterable<Buffer>;
  /**
   * Removes helper containers of this owner that a crash left behind; resolves with their number. Those that run now for
   * this process are none of them, nor those younger than `olderThanSecs`.
   */
  removeHelpers(owner: string, olderThanSecs: number, signal: AbortSignal): Promise<number>;
}
