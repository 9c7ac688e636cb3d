import type * as z from 'zod/mini';
import type { Log, LogLevel } from '../base/log.ts';
import type { Failures } from '../collectors/failure-record.ts';
import type { Environment } from '../config/environment.ts';
import type { Policy } from '../config/policy.ts';
import type { Settings } from '../config/settings.ts';
import type { Docker } from '../docker/docker.ts';
import type { Targets, World } from '../facts/fact.ts';
import type { Taps } from '../hub/taps.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Redactor, Scope } from '../redact/redact.ts';
import type { NameBlob } from '../storage/names.ts';
import type { Storage } from '../storage/storage.ts';
import type { TaskContext, TaskKind } from '../tasks/task.ts';
import type { Tasks } from '../tasks/tasks.ts';
import type { Audit } from './audit.ts';
import type { CallRate } from './call-rate.ts';
import type { Confirmations } from './confirm.ts';
import type { Cooldown } from './cooldown.ts';
import type { Repeat, Repeats } from './repeats.ts';

/** What handlers work with. */
export interface Services {
  readonly docker: Docker;
  readonly env: Environment;
  /** What facts read from, with the settings of now and what the caller knows better. */
  readonly world: (targets?: Partial<Targets>) => World;
  readonly redactor: Redactor;
  readonly tasks: Tasks;
  readonly repeats: Repeats;
  readonly audit: Audit;
  readonly cooldown: Cooldown;
  /** The messages that routes bring to this module. */
  readonly taps: Taps;
  readonly confirmations: Confirmations;
  readonly callRate: CallRate;
  readonly metrics: Metrics;
  /** Holds until the next start, or until the twin sets another. */
  readonly setLogLevel: (level: LogLevel) => void;
  /** Ends this process in good order. */
  readonly end: () => void;
  readonly storage: Storage;
  /** What is known of modules that failed. */
  readonly failures: Failures;
  readonly nameBlob: NameBlob;
  readonly settings: () => Settings;
  readonly policy: () => Policy;
  /** Of this module. */
  readonly version: string;
  readonly log: Log;
  /** The newest lines of this module's log. */
  readonly recentLog: () => readonly string[];
  readonly now: () => Date;
}

/** One call, after its payload passed the schema. */
export interface Call<R> {
  readonly request: R;
  readonly services: Services;
  /** Aborts when the work must end. */
  readonly signal: AbortSignal;
  /** What the caller calls this request; goes with whatever task it starts. */
  readonly repeat: Repeat;
  /** For a method that outlasts its call. */
  readonly task?: TaskContext;
}

/** What a method does in the background. */
export interface Background<R> extends Pick<TaskKind, 'operation' | 'lane'> {
  /** A call only looks, unless it starts the work: the handler, too, goes on as a task when its time is over. */
  readonly looks?: true;
  /** Started by the handler (`services.tasks.start`). Without it the handler itself goes on when its time is over. */
  work?(call: { readonly request: R; readonly services: Services; readonly task: TaskContext }): Promise<void>;
  /** See TaskKind. */
  recover?(call: {
    readonly notes: Readonly<Record<string, unknown>>;
    readonly services: Services;
    readonly task: TaskContext;
  }): Promise<void>;
}

/** What a handler gives back: the body of a 200. `null` is edgeAgent's empty answer. */
export type Answer = object | null;

/** One direct method: its name as documented, its payload and its handler. */
export interface Method<S extends z.ZodMiniType = z.ZodMiniType> {
  readonly name: string;
  /** What it does, in one sentence. */
  readonly about: string;
  /** The payload's schema; `null` for a method that ignores whatever comes. */
  readonly request: S | null;
  /** In its messages edgeAgent calls the payload so, e.g. `logs upload request schema`; absent: not checked. */
  readonly schemaContext?: string;
  /** `{}` stands for a missing payload; otherwise a missing payload is a 400, as edgeAgent answers. */
  readonly payloadOptional?: boolean;
  /** A payload as an operator would write it; tests and the documentation read it. */
  readonly example?: object;
  /** How its answer is redacted on the way out; everything by default. */
  readonly answerScope?: Scope;
  /** For a method that starts a task, or goes on as one when its time is over. */
  readonly task?: Background<z.infer<S>>;
  handle(call: Call<z.infer<S>>): Promise<Answer>;
}

/** Types a method's request by its schema; the registry forgets the type again. */
export function defineMethod<S extends z.ZodMiniType>(method: Method<S>): Method {
  return method as unknown as Method;
}
