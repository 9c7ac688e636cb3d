/** Lets a few archives at a time use storage, in the order in which they came. */
export interface Gate {
  /**
   * Runs work of an archive. It holds its seat as long as any work of it runs: with two requests overlapping it keeps
   * the seat to its end, and gives it up while it waits.
   */
  use<T>(archive: string, signal: AbortSignal, work: () => Promise<T>): Promise<T>;
}

interface Waiter {
  readonly archive: string;
  readonly enter: () => void;
}

export function createGate(seats: number): Gate {
  /** Archives with a seat, and how much work of each runs. */
  const seated = new Map<string, number>();
  let queue: readonly Waiter[] = [];

  const admit = () => {
    for (const waiter of queue) {
      if (!seated.has(waiter.archive) && seated.size >= seats) continue;
      seated.set(waiter.archive, (seated.get(waiter.archive) ?? 0) + 1);
      queue = queue.filter((other) => other !== waiter);
      waiter.enter();
    }
  };

  const turn = (archive: string, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const onAbort = () => {
        queue = queue.filter((other) => other !== waiter);
        reject(signal.reason);
      };
      const waiter: Waiter = {
        archive,
        enter: () => {
          signal.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      signal.addEventListener('abort', onAbort, { once: true });
      queue = [...queue, waiter];
      admit();
    });

  return {
    async use(archive, signal, work) {
      signal.throwIfAborted();
      await turn(archive, signal);
      try {
        return await work();
      } finally {
        const left = (seated.get(archive) ?? 1) - 1;
        if (left > 0) seated.set(archive, left);
        else seated.delete(archive);
        admit();
      }
    },
  };
}
