import type { Verdict } from './check.ts';

/** What takes private keys is not done from afar: whoever can use them through keyd can be the device. */
export function notFromAfar(): Verdict {
  return {
    status: 'skipped',
    reason: 'not-supported',
    why: "Private keys are not looked at from afar; 'sudo aziotctl check' does it on the device.",
  };
}
