import { createHash, type Hash } from 'node:crypto';
import { messageOf } from '../base/errors.ts';
import { stopwatch, within } from '../base/time.ts';
import type { Collector, Entry, EntryNotes } from '../collectors/collector.ts';
import { Unavailable } from '../facts/fact.ts';
import { type Clean, deferred, through } from '../redact/redact.ts';
import type { ManifestEntry } from '../report/manifest.ts';

/** What limits the collecting. */
export interface Limits {
  /** Ends the collecting; what there is until then still makes a readable archive. */
  readonly signal: AbortSignal;
  /** Whether the archive is as large as it may be. */
  readonly full: () => boolean;
}

/** One file of the bundle that is being read. */
export interface OpenEntry {
  readonly name: string;
  /**
   * Its bytes, which always end: at an error, at its time limit or size, or when the collecting is called off. Time that
   * the archive takes between two pieces does not count.
   */
  readonly body: Clean<Uint8Array>;
  /** Reads the first piece, so that it is known whether there is anything; `body` gives it first. */
  begin(): Promise<void>;
  /** Whether nothing could be read: such an entry has no file. */
  nothing(): boolean;
  /** Its line in the manifest; true once the body has ended. */
  line(): ManifestEntry;
  /** Why it ended early, for the file beside it. */
  error(): string | undefined;
}

interface Outcome {
  bytes: number;
  readonly hash: Hash;
  readonly elapsed: () => number;
  error?: unknown;
  /** What was left out for want of room. */
  cut?: string;
}

/** Opens an entry; nothing is read before `begin`. */
export function openEntry(entry: Entry, collector: Collector, limits: Limits): OpenEntry {
  const notes: EntryNotes = { account: new Map(), warnings: [] };
  const outcome: Outcome = { bytes: 0, hash: createHash('sha256'), elapsed: stopwatch() };
  const pieces = read(entry, collector, limits, notes, outcome)[Symbol.asyncIterator]();
  let first: IteratorResult<Uint8Array> | undefined;
  const body = async function* () {
    try {
      for (let next = first ?? (await pieces.next()); !next.done; next = await pieces.next()) {
        outcome.bytes += next.value.length;
        outcome.hash.update(next.value);
        yield next.value;
      }
    } finally {
      await pieces.return?.();
    }
  };
  return {
    name: entry.name,
    // Made of clean pieces only, one after another.
    body: body() as unknown as Clean<Uint8Array>,
    begin: async () => {
      first = await pieces.next();
    },
    nothing: () => first?.done === true && (outcome.error !== undefined || outcome.cut !== undefined),
    line: () => lineOf(entry.name, collector.id, notes, outcome, limits.signal),
    error: () => (outcome.error === undefined ? undefined : messageOf(outcome.error)),
  };
}

/** The entry's pieces; never throws: what went wrong stands in `outcome`. */
function read(
  entry: Entry,
  { timeoutSecs, maxBytes }: Collector,
  { signal: outer, full }: Limits,
  notes: EntryNotes,
  outcome: Outcome,
): Clean<Uint8Array> {
  const own = new AbortController();
  const source = deferred(async () => entry.open(AbortSignal.any([own.signal, outer]), notes));
  return through(source, async function* guarded(clean) {
    if (full()) {
      outcome.cut = 'It was left out: the bundle is as large as maxBytes allows.';
      return;
    }
    const iterator = clean[Symbol.asyncIterator]();
    let left = timeoutSecs * 1000;
    let bytes = 0;
    try {
      for (;;) {
        const started = performance.now();
        const next = await within(Math.max(1, left), `Reading ${entry.name}`, () => iterator.next(), outer);
        left -= performance.now() - started;
        if (next.done) return;
        yield next.value;
        bytes += next.value.length;
        if (bytes < maxBytes && !full()) continue;
        outcome.cut =
          bytes >= maxBytes
            ? `It was cut at ${maxBytes >> 20} MB.`
            : 'It was cut here: the bundle is as large as maxBytes allows.';
        return;
      }
    } catch (error) {
      outcome.error = error;
    } finally {
      own.abort();
      // Not waited for: what hangs in a read would hang here too.
      iterator.return?.().then(undefined, () => undefined);
    }
  });
}

function lineOf(
  name: string,
  collector: string,
  { account, warnings }: EntryNotes,
  { bytes, hash, elapsed, error, cut }: Outcome,
  signal: AbortSignal,
): ManifestEntry {
  const reasons = [
    ...warnings,
    ...(cut === undefined ? [] : [cut]),
    ...(error === undefined ? [] : [messageOf(error)]),
  ];
  return {
    name,
    collector,
    status: statusOf(bytes, error, reasons.length > 0, signal),
    bytes,
    // A copy: the line may be asked for again.
    ...(bytes > 0 || reasons.length === 0 ? { sha256: hash.copy().digest('hex') } : {}),
    seconds: elapsed(),
    ...(reasons.length > 0 ? { reason: reasons.join(' ') } : {}),
    ...(account.size > 0 ? { redacted: Object.fromEntries(account) } : {}),
  };
}

function statusOf(bytes: number, error: unknown, lost: boolean, signal: AbortSignal): ManifestEntry['status'] {
  if (error !== undefined) return failureOf(error, signal);
  if (!lost) return 'success';
  return bytes === 0 ? 'skipped' : 'partial';
}

/** What a failed read or listing is in the manifest. */
export function failureOf(error: unknown, signal: AbortSignal): ManifestEntry['status'] {
  if (signal.aborted) return 'canceled';
  if (error instanceof Unavailable && error.reason !== 'deadline') return 'skipped';
  const { code } = (error ?? {}) as { readonly code?: unknown };
  if (code === 'forbidden') return 'skipped';
  return code === 'timeout' ? 'timeout' : 'failed';
}
