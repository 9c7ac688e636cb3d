/** Counts by name; of names there are only so many. */
export interface Tally {
  add(name: string): void;
  counts(): ReadonlyMap<string, number>;
}

/** What names beyond the most are counted as. */
const rest = 'other';

/** Names come from outside, too (an owner's rules): beyond `most` of them all others are one. */
export function createTally(most: number): Tally {
  const counts = new Map<string, number>();
  return {
    add(name) {
      const own = counts.has(name) || counts.size < most ? name : rest;
      counts.set(own, (counts.get(own) ?? 0) + 1);
    },
    counts: () => counts,
  };
}
