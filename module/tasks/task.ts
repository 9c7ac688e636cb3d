/** edgeAgent's states on the wire; a task that nobody knows is Unknown. */
export type TaskStatus = 'Running' | 'Completed' | 'Failed' | 'Cancelled' | 'Unknown';

/** The answer about a task. The first three fields, in this order, are edgeAgent's; the others are ours. */
export interface TaskView {
  readonly status: TaskStatus;
  readonly message: string;
  readonly correlationId: string;
  readonly method?: string;
  /** What the task is doing, while it runs. */
  readonly step?: string;
  /** 0 to 100, of the step. */
  readonly percent?: number;
  /** Uploaded so far. */
  readonly bytes?: number;
  /** ISO 8601. */
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly seconds?: number;
  /** Why what was delivered is not all that was asked for. */
  readonly partial?: readonly string[];
  /** One entry a module or file, as the work reported them. */
  readonly results?: readonly object[];
  /** So many more results there are than one answer carries. */
  readonly moreResults?: number;
  /** False when the task could not be written down: a restart of the module would forget it. */
  readonly durable?: false;
  /** What the method would have answered, had it ended in time. */
  readonly answer?: unknown;
}

/** What the work of a task is handed. */
export interface TaskContext {
  readonly id: string;
  /** When the request came: relative times such as `since: 2d` count from here, also after a restart. */
  readonly startedAt: Date;
  /** Aborts on CancelTask and when the module stops; not at the deadline. */
  readonly signal: AbortSignal;
  /**
   * Runs work that is under the task's deadline and in its lane (one bundle, two logs at a time). `deadline` asks for an
   * early end with what there is; time outside of `collect`, such as waiting for storage, does not count.
   */
  collect<T>(work: (deadline: AbortSignal) => Promise<T>): Promise<T>;
  /** Whether the deadline was reached: what has not begun by then is left out, and said to be. */
  late(): boolean;
  progress(progress: { readonly step?: string; readonly percent?: number; readonly bytes?: number }): void;
  /** Adds to the task's results. After a restart the work runs again from its beginning, with results empty. */
  result(entry: object): void;
  /** Marks that less was delivered than was asked for, and why. */
  partial(reason: string): void;
  /** Writes down, durably, what must be known after a crash; the promise resolves when it is on disk. */
  note(facts: Readonly<Record<string, unknown>>): Promise<void>;
  /** The SAS URL that came with the request, or with the newest ResumeTask. */
  sasUrl(): string | undefined;
  /** Resolves at the next ResumeTask. */
  nudged(): Promise<void>;
}

/** A kind of work that can go on in the background; its method's name is its id. */
export interface TaskKind {
  readonly method: string;
  /** edgeAgent's word for it, as in `Task <operation> failed because of error …`. */
  readonly operation: string;
  /** So many collect at a time; kinds that name the same lane share its places. */
  readonly lane?: { readonly name: string; readonly places: number };
  /**
   * The work. After a restart it runs again from its beginning with the same request, so that what may happen once at
   * most has no place in it.
   */
  work?(request: unknown, context: TaskContext): Promise<void>;
  /** For what may happen once at most: after a restart finds out, from its notes, what came of it. Rejects: Failed. */
  recover?(notes: Readonly<Record<string, unknown>>, context: TaskContext): Promise<void>;
}

/** What a request asks of its task. */
export interface TaskAsk {
  readonly method: string;
  readonly request: unknown;
  readonly sasUrl?: string | undefined;
  readonly timeoutSecs: number;
  readonly requestId?: string | undefined;
  /** Tells a repeated request from another one with the same id. */
  readonly requestHash?: string | undefined;
  /** By which the audit journal knows the request. */
  readonly payloadHash?: string | undefined;
}
