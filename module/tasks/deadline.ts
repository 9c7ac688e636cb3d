import { SupportError } from '../base/errors.ts';
import { describeMs } from '../base/time.ts';

/** A deadline whose clock can stand still. */
export interface Deadline {
  /** Aborts when the time is used up. */
  readonly signal: AbortSignal;
  /** Milliseconds that are left. */
  left(): number;
  /** The clock runs while at least one `run` has not been followed by its `rest`. */
  run(): void;
  rest(): void;
}

/** `ms` of running time; monotonic, so that a step of the wall clock does not matter. */
export function createDeadline(ms: number): Deadline {
  const over = new AbortController();
  let used = 0;
  let since: number | undefined;
  let runners = 0;
  let timer: NodeJS.Timeout | undefined;
  const left = () => Math.max(0, ms - used - (since === undefined ? 0 : performance.now() - since));
  return {
    signal: over.signal,
    left,
    run() {
      runners += 1;
      if (runners > 1) return;
      since = performance.now();
      const reason = new SupportError('timeout', `The deadline of ${describeMs(ms)} was reached.`);
      timer = setTimeout(() => over.abort(reason), left());
    },
    rest() {
      runners -= 1;
      if (runners > 0 || since === undefined) return;
      clearTimeout(timer);
      used += performance.now() - since;
      since = undefined;
    },
  };
}
