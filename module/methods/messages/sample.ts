/** A few things out of many, with a fair share for each source, however much more the others send. */
export interface Sample<T> {
  /** Whether one more of this source would be kept; only then is it worth making. */
  wants(source: string): boolean;
  add(source: string, value: T): void;
  /** In the order in which they came. */
  all(): readonly T[];
}

/** Keeps at most `max`: the first of each source; the latest of the source with the most makes way for one with fewer. */
export function createSample<T>(max: number): Sample<T> {
  const kept: { readonly source: string; readonly value: T }[] = [];
  const counts = new Map<string, number>();
  const count = (source: string, change: number) => counts.set(source, (counts.get(source) ?? 0) + change);
  const busiest = () => [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0] as const);
  const wants = (source: string) => kept.length < max || (max > 0 && (counts.get(source) ?? 0) + 2 <= busiest()[1]);
  return {
    wants,
    add(source, value) {
      if (!wants(source)) return;
      if (kept.length >= max) {
        const [from] = busiest();
        count(from, -1);
        kept.splice(
          kept.findLastIndex((one) => one.source === from),
          1,
        );
      }
      count(source, 1);
      kept.push({ source, value });
    },
    all: () => kept.map(({ value }) => value),
  };
}
