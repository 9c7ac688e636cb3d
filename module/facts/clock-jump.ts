import type { Fact } from './fact.ts';

/** How far the clock was set, or the machine slept, while this process ran. */
export interface ClockJumpReading {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Milliseconds, positive for a clock that went forward; what the kernel slews gradually is not among them. */
  readonly jumpedMs: number;
}

/** The monotonic clock goes on undisturbed: what the other one differs from it by is what it jumped. */
export const clockJump: Fact<ClockJumpReading> = {
  about: 'Comparing the clock with the time that has passed',
  read: async ({ now }) => ({
    since: Math.round(performance.timeOrigin),
    jumpedMs: Math.round(now().getTime() - (performance.timeOrigin + performance.now())),
  }),
};
