import { messageOf } from '../base/errors.ts';
import { stopwatch, within } from '../base/time.ts';
import type { CollectContext, Collector, Entry } from '../collectors/collector.ts';
import type { ManifestEntry } from '../report/manifest.ts';
import { failureOf, type Limits, type OpenEntry, openEntry } from './entry-body.ts';

/** What the collecting gives: a file that has begun to be read, or a collector that could not list its files. */
export type Collected = { readonly open: OpenEntry } | { readonly unlisted: ManifestEntry };

/**
 * The entries of all collectors as they become ready, `atATime` collectors at work: while one file goes into the archive
 * the next waits with its first piece, so that files do not mix and memory stays bounded. A collector's entries come in
 * its order. When the caller stops, all reading ends.
 */
export async function* openEntries(
  collectors: readonly Collector[],
  context: CollectContext,
  limits: Limits,
  atATime: number,
): AsyncGenerator<Collected> {
  const stopped = new AbortController();
  const own = { ...limits, signal: AbortSignal.any([limits.signal, stopped.signal]) };
  const ready: Offer[] = [];
  let woken = Promise.withResolvers<void>();
  const offer = async (collected: Collected) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    ready.push({ collected, done: resolve });
    woken.resolve();
    await promise;
  };
  // One row of collectors for all workers: each takes the next.
  const row = collectors.values();
  const work = async () => {
    for (const collector of row) await collect(collector, context, own, limits.signal, offer);
  };
  let working = true;
  const workers = Promise.all(Array.from({ length: atATime }, work)).finally(() => {
    working = false;
    woken.resolve();
  });
  // Awaited below, when everything is taken.
  workers.catch(() => undefined);
  let current: Offer | undefined;
  try {
    for (;;) {
      for (current = ready.shift(); current !== undefined; current = ready.shift()) {
        yield current.collected;
        current.done();
      }
      if (!working) break;
      await woken.promise;
      woken = Promise.withResolvers();
    }
    await workers;
  } finally {
    stopped.abort(new Error('Nobody reads the bundle any more.'));
    for (const { done } of current === undefined ? ready : [current, ...ready]) done();
  }
}

interface Offer {
  readonly collected: Collected;
  /** To be called when it is in the archive. */
  readonly done: () => void;
}

/** One collector's entries, one after another. */
async function collect(
  collector: Collector,
  context: CollectContext,
  limits: Limits,
  asked: AbortSignal,
  offer: (collected: Collected) => Promise<void>,
): Promise<void> {
  const elapsed = stopwatch();
  let entries: readonly Entry[];
  try {
    const list = (signal: AbortSignal) => collector.entries(context, signal);
    entries = await within(collector.timeoutSecs * 1000, `Listing what ${collector.id} brings`, list, limits.signal);
  } catch (error) {
    const reason = context.redactor.text(messageOf(error), context.scope);
    const status = failureOf(error, asked);
    const unlisted = { name: collector.id, collector: collector.id, status, bytes: 0, seconds: elapsed(), reason };
    return offer({ unlisted });
  }
  for (const entry of entries) {
    const open = openEntry(entry, collector, limits);
    await open.begin();
    await offer({ open });
  }
}
