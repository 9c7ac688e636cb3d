import type { FollowedEvent } from '../docker/docker.ts';

/** A container of IoT Edge that failed. */
export interface Failure {
  readonly module: string;
  readonly containerId: string;
  readonly kind: 'died' | 'out-of-memory' | 'unhealthy';
  /** By the engine's clock; milliseconds since 1970. */
  readonly at: number;
  /** Of one that died. */
  readonly exitCode?: number;
  /** Of one that died: the kernel's out-of-memory killer had struck in it just before. */
  readonly outOfMemory?: true;
  /** Of one that died: it was sent this signal, which orders an end only where the container's StopSignal says so. */
  readonly signal?: number;
}

/** Tells, event by event in their order, which container failed. */
export type Judge = (event: FollowedEvent) => Failure | undefined;

/** What is known of a container's present run. */
interface Run {
  /** Somebody asked the engine to end it. */
  ordered?: true;
  signal?: number;
  outOfMemoryAt?: number;
  ended?: true;
}

/** Signals by which processes are told other things than to end: HUP, USR1, USR2, CONT, STOP, TSTP, WINCH. */
const otherOrders = new Set([1, 10, 12, 18, 19, 20, 28]);

/** What the out-of-memory killer does within this time belongs together; milliseconds. */
const togetherMs = 10_000;

/** For modules that edgeAgent does not start again after an end with status 0, such an end is the end of their work. */
const mayEnd = ['never', 'on-failure'];

/** More containers than a device has. */
const mostRuns = 1000;

/**
 * A failure is an end that nobody ordered, an out-of-memory kill in the container, or a health check that came to fail. An
 * end is ordered when the engine was asked for a signal that ends processes, or to stop, since the container was started:
 * that is what restarts, deployments and the engine's own end look like, whoever asks. An end with status 0 counts too,
 * unless the module's restart policy has room for it: a module is to run for ever, and edgeAgent starts it again.
 */
export function createJudge(): Judge {
  const runs = new Map<string, Run>();
  const runOf = (id: string): Run => {
    const run = runs.get(id) ?? {};
    runs.set(id, run);
    const [oldest] = runs.keys();
    if (runs.size > mostRuns && oldest !== undefined) runs.delete(oldest);
    return run;
  };
  return (event) => {
    const { name: module, containerId, action, at, signal, exitCode = 0, restartPolicy = 'always' } = event;
    const run = runOf(containerId);
    const failed = { module, containerId, at };
    switch (action) {
      case 'start':
      case 'destroy':
        runs.delete(containerId);
        return undefined;
      case 'stop':
        run.ordered = true;
        return undefined;
      case 'kill':
        if (signal === undefined || !otherOrders.has(signal)) run.ordered = true;
        else run.signal = signal;
        return undefined;
      case 'oom': {
        const before = run.outOfMemoryAt;
        run.outOfMemoryAt = at;
        // Of an end that was told already, or of one process after the other.
        if (run.ended || (before !== undefined && at - before < togetherMs)) return undefined;
        return { ...failed, kind: 'out-of-memory' };
      }
      case 'die': {
        const { ordered, outOfMemoryAt } = run;
        run.ended = true;
        if (ordered || (exitCode === 0 && mayEnd.includes(restartPolicy))) return undefined;
        const outOfMemory = outOfMemoryAt !== undefined && at - outOfMemoryAt < togetherMs;
        return {
          ...failed,
          kind: 'died',
          exitCode,
          ...(outOfMemory ? { outOfMemory } : {}),
          ...(run.signal === undefined ? {} : { signal: run.signal }),
        };
      }
      case 'health_status: unhealthy':
        return run.ordered || run.ended ? undefined : { ...failed, kind: 'unhealthy' };
      default:
        return undefined;
    }
  };
}
