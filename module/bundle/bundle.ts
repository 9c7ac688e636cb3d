import { createHash, type Hash } from 'node:crypto';
import { messageOf } from '../base/errors.ts';
import { stopwatch, within } from '../base/time.ts';
import type { CollectContext, Collector, Entry, EntryNotes } from '../collectors/collector.ts';
import { collectors as everyCollector } from '../collectors/index.ts';
import { jsonBody } from '../collectors/json.ts';
import { type Clean, deferred, through } from '../redact/redact.ts';
import type { Manifest, ManifestEntry } from '../report/manifest.ts';
import { type ArchivePart, zip } from './archive.ts';
import { check } from './check.ts';

export interface BundleOptions {
  readonly context: CollectContext;
  /** Goes into the manifest; must hold no secret. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly version: string;
  readonly now: Date;
  /** Ends the collecting; what there is until then still makes a readable archive. */
  readonly signal: AbortSignal;
  readonly onEntry?: (name: string) => void;
  /** Told what became of every file, before the archive ends. */
  readonly onEntries?: (entries: readonly ManifestEntry[]) => void;
  readonly collectors?: readonly Collector[];
}

/** The support bundle as a zip. Whatever fails or hangs is an entry in its manifest.json, never its end. */
export function writeBundle(options: BundleOptions): Clean<Uint8Array> {
  return zip(partsOf(options));
}

async function* partsOf(options: BundleOptions): AsyncIterable<ArchivePart> {
  const { context, signal, collectors = [check, ...everyCollector] } = options;
  const entries: ManifestEntry[] = [];
  for (const collector of collectors) {
    for (const entry of await listEntries(collector, context, signal, entries)) {
      options.onEntry?.(entry.name);
      const notes: EntryNotes = { account: new Map(), warnings: [] };
      const outcome: Outcome = { bytes: 0, hash: createHash('sha256'), elapsed: stopwatch() };
      yield { name: entry.name, body: guarded(entry, collector.timeoutSecs, signal, notes, outcome) };
      entries.push(toManifestEntry(entry.name, collector.id, notes, outcome, signal));
      if (outcome.error !== undefined) yield errorPart(entry.name, outcome.error, context);
    }
  }
  options.onEntries?.(entries);
  yield { name: 'manifest.json', body: jsonBody(manifest(options, entries), context.redactor, new Map()) };
}

async function listEntries(
  { id, timeoutSecs, entries }: Collector,
  context: CollectContext,
  signal: AbortSignal,
  manifestEntries: ManifestEntry[],
): Promise<readonly Entry[]> {
  const elapsed = stopwatch();
  try {
    return await within(timeoutSecs * 1000, `Listing what ${id} brings`, (own) => entries(context, own), signal);
  } catch (error) {
    const reason = context.redactor.text(messageOf(error));
    manifestEntries.push({
      name: id,
      collector: id,
      status: statusOf(error, signal),
      bytes: 0,
      seconds: elapsed(),
      reason,
    });
    return [];
  }
}

/** What came of reading an entry. */
interface Outcome {
  bytes: number;
  readonly hash: Hash;
  readonly elapsed: () => number;
  error?: unknown;
}

/**
 * The entry's body, which always ends: at an error, at its time limit or when the collecting is called off, with the
 * error kept in `outcome`. Time that the archive or the upload takes between two pieces does not count.
 */
function guarded(
  entry: Entry,
  timeoutSecs: number,
  outer: AbortSignal,
  notes: EntryNotes,
  outcome: Outcome,
): Clean<Uint8Array> {
  const own = new AbortController();
  const body = deferred(async () => entry.open(AbortSignal.any([own.signal, outer]), notes));
  return through(body, async function* guard(source) {
    const iterator = source[Symbol.asyncIterator]();
    let left = timeoutSecs * 1000;
    try {
      for (;;) {
        const started = performance.now();
        const next = await within(Math.max(1, left), `Reading ${entry.name}`, () => iterator.next(), outer);
        left -= performance.now() - started;
        if (next.done) return;
        outcome.bytes += next.value.length;
        outcome.hash.update(next.value);
        yield next.value;
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

function toManifestEntry(
  name: string,
  collector: string,
  { account, warnings }: EntryNotes,
  { bytes, hash, elapsed, error }: Outcome,
  signal: AbortSignal,
): ManifestEntry {
  const reasons = error === undefined ? warnings : [...warnings, messageOf(error)];
  return {
    name,
    collector,
    status: error !== undefined ? statusOf(error, signal) : warnings.length > 0 ? 'partial' : 'success',
    bytes,
    sha256: hash.digest('hex'),
    seconds: elapsed(),
    ...(reasons.length > 0 ? { reason: reasons.join(' ') } : {}),
    ...(account.size > 0 ? { redacted: Object.fromEntries(account) } : {}),
  };
}

function statusOf(error: unknown, signal: AbortSignal): ManifestEntry['status'] {
  if (signal.aborted) return 'canceled';
  return (error as { code?: unknown } | null)?.code === 'timeout' ? 'timeout' : 'failed';
}

/** As the original does, a file beside the one that failed says why. */
function errorPart(name: string, error: unknown, { redactor }: CollectContext): ArchivePart {
  async function* text() {
    yield Buffer.from(`${messageOf(error)}\n`);
  }
  return { name: name.replace(/\.[^./]+$/, '_err.txt'), body: redactor.stream(text()) };
}

function manifest({ context, request, version, now }: BundleOptions, entries: readonly ManifestEntry[]): Manifest {
  const { iothubHostname, deviceId } = context.env;
  return {
    schema: 'edge-support-bundle/1',
    version,
    iothub: iothubHostname,
    device: deviceId,
    createdAt: now.toISOString(),
    request,
    entries,
  };
}
