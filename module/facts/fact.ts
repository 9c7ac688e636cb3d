import type { Environment } from '../config/environment.ts';
import type { Docker } from '../docker/docker.ts';
import type { ChannelProof } from '../hub/hub.ts';
import type { SendHistory } from './send-history.ts';

/** Why there is no value. Stable words: they are part of the answer of RunCheck. */
export type SkipReason =
  | 'docker-unavailable'
  | 'mount-missing'
  | 'permission-denied'
  | 'host-access-off'
  | 'not-supported'
  | 'previous-failure'
  | 'version-unknown'
  | 'not-required'
  | 'deadline'
  | 'unreadable'
  | 'unknown';

/** What facts may read from. Parts, so that tests give others. */
export interface World {
  readonly docker: Docker;
  readonly env: Environment;
  readonly now: () => Date;
  /** Where to look; what is left out is as on a device (`defaultTargets`). */
  readonly targets?: Partial<Targets>;
  /** Reads facts elsewhere. Absent inside a helper container, where every fact is read on the spot. */
  readonly probes?: Probes;
  /** The host's files, where they can be seen: inside the host's helper container. */
  readonly host?: HostView;
  /** What only this process can tell. Absent inside a helper container. */
  readonly own?: OwnParts;
}

/** Parts of the module that facts ask. */
export interface OwnParts {
  /** A round trip over the module's own connection; rejects when there is none. */
  readonly proveChannel: () => Promise<ChannelProof>;
  /** Tries the Blob Storage target of the settings; undefined when there is none. */
  readonly tryStorage: (limitMs: number, signal: AbortSignal) => Promise<StorageTrial | undefined>;
  /** The looks that were taken at what edgeHub has sent upstream. */
  readonly upstreamSends: SendHistory;
  /** Takes secrets out of a text that others wrote. */
  readonly redact: (text: string) => string;
}

/** Whether the Blob Storage target of the settings takes what is sent to it. */
export interface StorageTrial {
  /** The setting that it comes from. */
  readonly from: string;
  readonly host?: string;
  /** When the SAS expires, in milliseconds since 1970. */
  readonly expiresAt?: number;
  /** Why it does not work, in one sentence without secrets. */
  readonly problem?: string;
}

/**
 * From where a fact must be read: the host's network and files, the engine's default bridge, or the network of the
 * modules. A fact without a place is read in this process.
 */
export type Place = 'host' | 'bridge' | 'edge';

/** Helper containers, at most one per place and run. */
export interface Probes {
  /**
   * Reads the named facts at a place, each within `limitMs` minus what the container takes to start. Undefined when
   * that place is here. Rejects with Unavailable when there is no way there, with a SupportError, or with the signal's
   * reason.
   */
  read(
    place: Place,
    names: readonly string[],
    limitMs: number,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, Reading<unknown>>> | undefined>;
  /** A part of the host's journal, as text. Rejects as `read` does. */
  journal(ask: JournalAsk, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Empties the log of one container, the one thing that a helper container changes. Rejects as `read` does. */
  emptyLog(log: LogPlace, signal: AbortSignal): Promise<EmptiedLog>;
}

/** Where the engine keeps the json-file log of a container. */
export interface LogPlace {
  readonly containerId: string;
  /** On the engine's host. */
  readonly folder: string;
  /** Whether only what the engine has rotated away goes; it must, where the engine rotates. */
  readonly keepCurrent: boolean;
}

/** What was taken away. */
export interface EmptiedLog {
  readonly files: number;
  readonly bytes: number;
}

/** Which part of the host's journal is wanted. */
export interface JournalAsk {
  /** Systemd's names, `.service` left out; of several names of one service those count that there are. */
  readonly units?: readonly string[];
  /** The kernel's messages instead. */
  readonly kernel?: boolean;
  /** Unix seconds. */
  readonly since?: number;
  readonly until?: number;
  /** Only so many lines, the last. */
  readonly lines?: number;
}

/** How the host's files are seen. */
export interface HostView {
  /** The folder under which they are bound: the host's `/etc/aziot` is `<root>/etc/aziot`. */
  readonly root: string;
  /** What stands before the device's paths on the host itself: '' on a device, a folder for a simulated host. */
  readonly origin: string;
  /** Device paths that were to be bound and are not there. */
  readonly missing: readonly string[];
  /** By what its mounts were decided; IoT Edge's usual folders when absent. */
  readonly device?: KnownDevice;
}

/** What the module knows of the device before it asks the host; decides what is bound. */
export interface KnownDevice {
  /** The engine's data folder: `/var/lib/docker`. */
  readonly engineRoot: string;
  /** Host folders that edgeAgent and edgeHub store their data in. */
  readonly storageFolders: readonly string[];
  /** Where edged's management socket is on the host, from edgeAgent's mounts. */
  readonly managementSocket?: string;
}

/** The addresses outside the device that facts ask. */
export interface Targets {
  /** The hub's name, when the caller knows better than the environment. */
  readonly iothubHostname?: string;
  /** The upstream's ports, as IoT Hub and edgeHub have them. */
  readonly ports: { readonly amqp: number; readonly https: number; readonly mqtt: number };
  /** `host` or `host:port` of an SNTP server. */
  readonly ntpServer: string;
  /** What to verify TLS against, instead of Node's own store. */
  readonly trust?: TrustStore;
  /** The proxy for HTTPS, when it is known already: a helper container cannot ask the engine for it. */
  readonly proxy?: ProxySettings;
  /** Where the newest versions of IoT Edge's packages are listed. */
  readonly latestVersionsUrl: string;
}

/** A proxy as it is set, user and password included, and where it is set in a few words. */
export interface ProxySettings {
  readonly url: string;
  readonly noProxy: string;
  readonly from: string;
}

/** Certificates to verify against, and where they come from in a few words. */
export interface TrustStore {
  readonly from: string;
  /** PEM, one or several certificates each. */
  readonly ca: readonly string[];
  /** The roots that come with Node count as well; they are left out of `ca`, which may have to travel. */
  readonly alsoBundled?: boolean;
}

/** Those of `iotedge check` 1.5. */
const defaultTargets: Targets = {
  ports: { amqp: 5671, https: 443, mqtt: 8883 },
  ntpServer: 'pool.ntp.org:123',
  latestVersionsUrl: 'https://aka.ms/azure-iotedge-latest-versions',
};

/** The targets of a world, with the defaults for what it leaves out. */
export function targetsOf(world: World): Targets {
  return { ...defaultTargets, ...world.targets };
}

/**
 * A small, serialisable reading of the device. Read once per run; judged by checks; written into the bundle, so it
 * holds no secrets.
 */
export interface Fact<T> {
  /** What is read, as the beginning of a sentence: messages continue it ("… did not finish within 10 s."). */
  readonly about: string;
  /** Where it has to be read; here without. */
  readonly from?: Place;
  /** Whether it has to see the host's processes. */
  readonly hostProcesses?: true;
  /** The device's files and folders that it reads from the host, absolute. They are bound read-only for it. */
  mounts?(device: KnownDevice): readonly string[];
  /** `signal` aborts after `limitMs`; a fact that tries several things ends earlier with what it has. */
  read(world: World, signal: AbortSignal, limitMs: number): Promise<T>;
}

/** What a check receives per fact: the value, or why there is none. */
export type Reading<T> = ({ readonly value: T } | Missing) & {
  /** How long the reading took, in milliseconds. */
  readonly tookMs?: number;
};

export interface Missing {
  readonly unavailable: SkipReason;
  readonly why: string;
}

/** The value of a reading, or undefined. */
export function valueOf<T>(reading: Reading<T>): T | undefined {
  return 'value' in reading ? reading.value : undefined;
}

/** Thrown by a fact that knows why it has no value. */
export class Unavailable extends Error {
  readonly reason: SkipReason;

  constructor(reason: SkipReason, why: string) {
    super(why);
    this.name = 'Unavailable';
    this.reason = reason;
  }
}
