import type { Environment } from '../config/environment.ts';
import type { Docker } from '../docker/docker.ts';

/** Why there is no value. Stable words: they are part of the answer of RunCheck. */
export type SkipReason =
  | 'docker-unavailable'
  | 'mount-missing'
  | 'permission-denied'
  | 'host-access-off'
  | 'not-supported'
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
}

/** Certificates to verify against, and where they come from in a few words. */
export interface TrustStore {
  readonly from: string;
  readonly ca: readonly string[];
}

/** Those of `iotedge check` 1.5. */
const defaultTargets: Targets = {
  ports: { amqp: 5671, https: 443, mqtt: 8883 },
  ntpServer: 'pool.ntp.org:123',
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
