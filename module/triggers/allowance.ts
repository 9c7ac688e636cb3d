/** Lets so many captures through. */
export interface Allowance {
  /** Whether one more of this module may be made now; counts it if so. */
  take(module: string): boolean;
}

const hourMs = 3_600_000;

/** At most so many of a module, and so many of all, within any hour; by a clock that nobody sets. */
export function createAllowance(
  perModule: () => number,
  inAll: number,
  clock: () => number = () => performance.now(),
): Allowance {
  let taken: readonly { readonly module: string; readonly at: number }[] = [];
  return {
    take(module) {
      const now = clock();
      taken = taken.filter(({ at }) => now - at < hourMs);
      if (taken.length >= inAll || taken.filter((one) => one.module === module).length >= perModule()) return false;
      taken = [...taken, { module, at: now }];
      return true;
    },
  };
}
