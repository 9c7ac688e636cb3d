import type { Clean } from '../redact/redact.ts';

/** How the content is declared to those who download it. */
export interface ContentHeaders {
  readonly contentType: string;
  readonly contentEncoding?: 'gzip';
}

/** One archive of a task: what it is called, how its body is made and what is to be known about it. */
export interface ArchiveAsk {
  readonly taskId: string;
  /** Tells the archives of a task apart: a module's name, or `bundle`. */
  readonly key: string;
  readonly headers: ContentHeaders;
  /** The blob's name; asked once, the archive keeps it over restarts. */
  name(): string;
  /**
   * Begins to make the body. Not asked when the archive is whole in the spool already. `deadline` asks it to come to an
   * early but well-formed end: what there is by then is still delivered.
   */
  open(deadline: AbortSignal): Clean<Uint8Array>;
  /** What else the task's result says of it, asked when the body has been read; kept with the archive. No secrets. */
  about(): Readonly<Record<string, unknown>>;
}

/** What storage needs of the task it works for. */
export interface DeliveryContext {
  /** Aborts when the task is cancelled or the module stops. */
  readonly signal: AbortSignal;
  /** Runs the making of a body: within the task's place in the queue and under its deadline. */
  collect<T>(work: (deadline: AbortSignal) => Promise<T>): Promise<T>;
  progress(progress: Progress): void;
  /** The SAS URL that came with the request, or with the newest ResumeTask. */
  sasUrl(): string | undefined;
  /** Resolves at the next ResumeTask: whoever waits for storage tries again at once. */
  nudged(): Promise<void>;
}

export interface Progress {
  /** In words, with names of modules and files. */
  readonly step?: string;
  /** 0 to 100, of this step. */
  readonly percent?: number;
  /** Uploaded so far. */
  readonly bytes?: number;
}

/** Where an archive is. Exactly one of `url` and `path` is there. */
export interface Stored {
  readonly name: string;
  /** The blob, without SAS. */
  readonly url?: string;
  /** The file in the data folder, when there is no target: DownloadArchive hands it out. */
  readonly path?: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** False when it went to storage without a copy on disk, because there was no room for one. */
  readonly durable: boolean;
  readonly about: Readonly<Record<string, unknown>>;
}

/** An archive that lies in the data folder. */
export interface KeptArchive {
  readonly taskId: string;
  readonly key: string;
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Whether a target takes what is sent to it. */
export interface Trial {
  /** The setting that the target comes from. */
  readonly from: string;
  readonly host?: string;
  /** When the SAS expires, in milliseconds since 1970. */
  readonly expiresAt?: number;
  /** Why it does not, in one sentence without secrets. */
  readonly problem?: string;
}

/** Whoever counts what storage does. */
export interface StorageCounts {
  /** An archive is whole. */
  collected(bytes: number): void;
  /** Blob Storage took a block. */
  uploaded(bytes: number): void;
  /** What came of an archive; `kept` where there is no target. */
  delivered(outcome: 'uploaded' | 'kept' | 'failed' | 'cancelled'): void;
}

/** Makes archives durable and brings them to Blob Storage. */
export interface Storage {
  /**
   * Judges a request's target before any work starts; nothing is sent. Throws a SupportError `bad-request` or
   * `forbidden` that says what is wrong, without quoting the URL. No target at all is fine: archives are then kept, and
   * the answer is false.
   */
  check(sasUrl: string | undefined): boolean;
  /**
   * Tries the target of the settings by sending a block of one byte that is never committed: no blob comes of it, and
   * storage forgets it after a week. Takes at most `limitMs`. Undefined when there is no target. Rejects only when aborted.
   */
  attempt(limitMs: number, signal: AbortSignal): Promise<Trial | undefined>;
  /**
   * Spools the body to disk, uploads it in staged blocks and commits them: exactly one blob results, however often this
   * is interrupted and called again with the same task and key. While storage cannot be reached it waits, up to
   * `storage.keepFor`. Rejects with a SupportError when storage refuses; the archive is then kept in the spool.
   */
  deliver(ask: ArchiveAsk, context: DeliveryContext): Promise<Stored>;
  /** The archives of a task that lie in the data folder whole. */
  kept(taskId: string): Promise<readonly KeptArchive[]>;
  /** Bytes of an archive that is kept; shorter than `length` at its end. */
  read(archive: KeptArchive, offset: number, length: number): Promise<Buffer>;
  /** Takes away all that there is of a task: after CancelTask, or when the task is forgotten. */
  discard(taskId: string): Promise<void>;
  /** What archives take in the data folder. */
  spoolBytes(): Promise<number>;
  /** At the start: takes away half archives, and those of tasks that are not in this set. */
  tidy(tasks: ReadonlySet<string>): Promise<void>;
}
