import type { Environment } from '../config/environment.ts';
import type { Docker, EdgeModule } from '../docker/docker.ts';
import type { World } from '../facts/fact.ts';
import type { Account, Clean, Redactor, Scope } from '../redact/redact.ts';
import type { Failures } from './failure-record.ts';
import type { LogWatch } from './log-watch.ts';

/** What a request asks of a bundle. */
export interface BundleAsk {
  /** Unix seconds. */
  readonly since?: number;
  readonly until?: number;
}

export interface CollectContext {
  readonly ask: BundleAsk;
  readonly docker: Docker;
  /** The engine's container directory, where log files may be read directly. */
  readonly engineLogs?: string;
  readonly env: Environment;
  readonly world: World;
  readonly redactor: Redactor;
  /** What is taken out of everything that enters the bundle. */
  readonly scope: Scope;
  /** The modules the bundle is about. */
  readonly modules: (signal: AbortSignal) => Promise<readonly EdgeModule[]>;
  /** What only this process knows of itself. */
  readonly own: OwnState;
  /** Looks at a log on its way into the bundle, for what is judged over it. */
  readonly watch: (source: string, file: string) => LogWatch;
  /** Bytes that the modules' logs may take in the archive all together; absent: as many as they have. */
  readonly logBytes?: number;
}

/** What is known before the collecting begins. */
export type BundleContext = Omit<CollectContext, 'watch'>;

export interface OwnState {
  /** The newest lines of this module's log. */
  readonly log: () => readonly string[];
  /** Its tasks, as ListTasks tells them. */
  readonly tasks: () => readonly object[];
  /** Which calls came and what they were answered, a line of JSON each. */
  readonly audit: () => readonly string[];
  /** What it has captured of modules that failed. */
  readonly failures?: Failures;
  /** Its metrics, as Prometheus has them. */
  readonly metrics: () => Promise<string>;
}

/** What an entry reports while it is read: secrets taken out, and what was lost on the way. */
export interface EntryNotes {
  readonly account: Account;
  readonly warnings: string[];
}

/** One file of the bundle. Its body is read only when its turn in the archive comes. */
export interface Entry {
  /** Path in the archive. */
  readonly name: string;
  /** Begins to read; a rejection, then or later, becomes a failed entry in the manifest, or a skipped one (Unavailable). */
  open(signal: AbortSignal, notes: EntryNotes): Clean<Uint8Array> | Promise<Clean<Uint8Array>>;
}

/** A kind of large content. One that fails is an entry in the manifest, never the end of the bundle. */
export interface Collector {
  readonly id: string;
  /** What it brings, in one sentence. */
  readonly about: string;
  /** Seconds that listing its entries, and then each of them, may take. */
  readonly timeoutSecs: number;
  /** Bytes that one of its entries may have before compression: what is more is cut. */
  readonly maxBytes: number;
  /** Bytes that one of its entries usually has, compressed: for an estimate beforehand. */
  readonly usualBytes: number;
  entries(context: CollectContext, signal: AbortSignal): Promise<readonly Entry[]>;
}
