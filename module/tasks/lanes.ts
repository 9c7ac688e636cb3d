/** A queue before a few places. */
export interface Lane {
  /** Resolves when there is a place; rejects with the signal's reason, leaving the queue, when it aborts first. */
  enter(signal: AbortSignal): Promise<void>;
  /** Whether `enter` would have to wait. */
  full(): boolean;
  /** Gives the place to whoever waits longest. Only after `enter` resolved. */
  leave(): void;
}

/** `places` at a time, in order of arrival. */
export function createLane(places: number): Lane {
  const queue: (() => void)[] = [];
  let free = places;
  return {
    full: () => free === 0,
    async enter(signal) {
      signal.throwIfAborted();
      if (free > 0) {
        free -= 1;
        return;
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const giveUp = () => {
        const at = queue.indexOf(resolve);
        // Not in the queue any more: the place was given to it, and it will leave it.
        if (at >= 0) queue.splice(at, 1);
        reject(signal.reason);
      };
      queue.push(resolve);
      signal.addEventListener('abort', giveUp, { once: true });
      await promise.finally(() => signal.removeEventListener('abort', giveUp));
    },
    leave() {
      const next = queue.shift();
      if (next) next();
      else free += 1;
    },
  };
}
