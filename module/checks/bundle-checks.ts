import type { Check } from './check.ts';
import { logBeforeExit } from './log-before-exit.ts';
import { logClock } from './log-clock.ts';
import { logErrors } from './log-errors.ts';
import { logSignChecks } from './log-signs.ts';

/** What is judged over a bundle only, where whole logs were read; the checks of RunCheck come before. */
export const bundleChecks: readonly Check[] = [logBeforeExit, logErrors, logClock, ...logSignChecks];
