import { uptime } from 'node:os';
import type { ContainerInspect } from '../docker/docker.ts';
import { jitter } from './stamp.ts';

/** The clock of the device, in Unix seconds. */
export interface Clock {
  readonly now: number;
  /** When the device was started, by today's clock; undefined when the engine is on another device. */
  readonly boot: number | undefined;
}

/** The clock of the device that this module runs on. */
export function deviceClock(engineAddress: string): Clock {
  const now = Date.now() / 1000;
  return { now, boot: engineAddress.startsWith('unix://') ? now - uptime() : undefined };
}

/**
 * Whether lines of the time from `since` on may stand before lines that look older. A device without a battery for its
 * clock starts in the past and writes lines that look old; what it had written before it was switched off then stands
 * before them. So a search that stops at the first line older than `since` is to be trusted only when the device was
 * not started since then, and when its containers did not start before they had ended.
 */
export function clockInDoubt({ State }: ContainerInspect, since: number, { boot }: Clock): boolean {
  if (boot === undefined || since - jitter < boot) return true;
  const started = Date.parse(State.StartedAt);
  const finished = Date.parse(State.FinishedAt);
  const slack = jitter * 1000;
  // For a container that runs, the end is that of its last run; the year 1 stands for never.
  return State.Running ? finished > started + slack : finished > 0 && started > finished + slack;
}
