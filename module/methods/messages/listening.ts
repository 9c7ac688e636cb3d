import type { InputsState } from '../../hub/hub.ts';

/** For how long messages could come, and when not. */
export interface Listening {
  onInputs(state: InputsState): void;
  /** Seconds in which they could. */
  seconds(): number;
  /** One sentence for each time in which they could not; the first ten. */
  gaps(): readonly string[];
}

const mostGaps = 10;

/** Keeps account from now on, by the monotonic clock; `now` dates the gaps. */
export function createListening(state: InputsState, now: () => Date): Listening {
  const gaps: { readonly from: string; readonly since: number; why: string; secs?: number }[] = [];
  let listened = 0;
  let since = performance.now();
  let open = state.open;
  const secondsSince = (time: number) => Math.round(performance.now() - time) / 1000;

  return {
    onInputs(next) {
      const last = gaps.at(-1);
      if (!next.open && open) {
        listened += performance.now() - since;
        gaps.push({ from: now().toISOString(), since: performance.now(), why: next.why });
      }
      if (next.open && !open) {
        since = performance.now();
        if (last) last.secs = secondsSince(last.since);
      }
      open = next.open;
    },
    seconds: () => Math.round(listened + (open ? performance.now() - since : 0)) / 1000,
    gaps: () =>
      gaps
        .slice(0, mostGaps)
        .map(({ from, why, secs }) =>
          secs === undefined
            ? `From ${from} on no messages could come: ${why}.`
            : `From ${from} no messages could come for ${secs} s: ${why}.`,
        ),
  };
}
