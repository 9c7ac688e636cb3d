import { sleep } from '../base/time.ts';
import type { Docker, FollowedEvent } from './docker.ts';

export interface FeedLimits {
  /** The first and the longest wait before the engine is asked again; milliseconds. */
  readonly firstMs: number;
  readonly mostMs: number;
  /**
   * So old a connection is replaced, in milliseconds: one to an engine that went away without a word hears nothing more,
   * and nothing tells it from one on which nothing happens.
   */
  readonly renewMs: number;
}

const usualLimits: FeedLimits = { firstMs: 500, mostMs: 30_000, renewMs: 5 * 60_000 };

/** So many of the newest events are remembered, so that none is told twice: an engine remembers 256. */
const remembered = 512;

/**
 * The events of IoT Edge's containers from a time on (milliseconds since 1970), over restarts of the engine: what happened
 * between two connections comes with the next, as far as the engine remembers it. `onLost` is told, once for each time,
 * why the engine cannot be followed. Ends with the signal, never otherwise.
 */
export async function* eventFeed(
  docker: Pick<Docker, 'follow'>,
  from: number,
  signal: AbortSignal,
  onLost: (error: unknown) => void,
  { firstMs, mostMs, renewMs }: FeedLimits = usualLimits,
): AsyncGenerator<readonly FollowedEvent[]> {
  const isNew = createSeen();
  let since = from;
  let waitMs = firstMs;
  let lost = false;
  while (!signal.aborted) {
    const renewal = new AbortController();
    const timer = setTimeout(() => renewal.abort(new Error('The connection was renewed.')), renewMs);
    try {
      for await (const batch of docker.follow(since, AbortSignal.any([signal, renewal.signal]))) {
        waitMs = firstMs;
        lost = false;
        const fresh = batch.filter(isNew);
        const newest = fresh.at(-1);
        // The time is rounded: a millisecond earlier, so that its neighbours come too.
        if (newest) since = newest.at - 1;
        if (fresh.length > 0) yield fresh;
      }
    } catch (error) {
      if (!signal.aborted && !renewal.signal.aborted && !lost) {
        lost = true;
        onLost(error);
      }
    } finally {
      clearTimeout(timer);
    }
    if (renewal.signal.aborted) continue;
    await sleep(waitMs, signal).catch(() => undefined);
    waitMs = Math.min(waitMs * 2, mostMs);
  }
}

/** Tells events that were not told before. */
function createSeen(): (event: FollowedEvent) => boolean {
  const seen = new Set<string>();
  return ({ at, containerId, action, signal = '' }) => {
    const key = `${at} ${containerId} ${action} ${signal}`;
    if (seen.has(key)) return false;
    seen.add(key);
    const [oldest] = seen;
    if (seen.size > remembered && oldest !== undefined) seen.delete(oldest);
    return true;
  };
}
