import { lowerPool } from '../base/priority.ts';
import { stopwatch } from '../base/time.ts';
import type { CheckRun } from '../checks/run.ts';
import type { BundleContext, CollectContext, Collector, EntryNotes } from '../collectors/collector.ts';
import { collectors as everyCollector } from '../collectors/index.ts';
import { jsonBody, textBody } from '../collectors/json.ts';
import { createLogWatch, type LogWatch } from '../collectors/log-watch.ts';
import { type Clean, through } from '../redact/redact.ts';
import type { Manifest, ManifestEntry } from '../report/manifest.ts';
import { numberedName } from '../storage/names.ts';
import { type ArchivePart, zip } from './archive.ts';
import { checksCollector } from './checks.ts';
import { conclusion } from './conclusion.ts';
import type { Limits } from './entry-body.ts';
import { fileName } from './file-name.ts';
import { learnSecrets } from './learn.ts';
import { type Collected, openEntries } from './open-entries.ts';

export interface BundleOptions {
  readonly context: BundleContext;
  /** Goes into the manifest; must hold no secret. */
  readonly request: Readonly<Record<string, unknown>>;
  readonly caseId?: string;
  readonly version: string;
  readonly now: Date;
  /** Ends the collecting; what there is until then still makes a readable archive. */
  readonly signal: AbortSignal;
  /** The archive's bytes; every file that has begun by then is cut, and the manifest follows. */
  readonly maxBytes?: number;
  /** Which collectors are wanted, by their ids; all of them by default. */
  readonly wanted?: (id: string) => boolean;
  readonly onEntry?: (name: string) => void;
  /** Told what became of every file, before the archive ends. */
  readonly onEntries?: (entries: readonly ManifestEntry[]) => void;
  /** What looking at the modules' environments beforehand may take; milliseconds. */
  readonly learnMs?: number;
  /** Others than those of a device's bundle, for tests. */
  readonly collectors?: readonly Collector[];
}

/** So many collectors are at work at a time: the archive takes one file after another anyway. */
const atATime = 2;

/** What looking at the modules' environments beforehand may take; milliseconds. */
const learnMs = 10_000;

/** Stands in the manifest where something could not be learned: then logs may hold a secret that no rule finds. */
const learning = 'learn-secrets';

/** What report, findings and manifest take of a bundle whose size is limited; bytes, compressed. */
const reserve = 256 << 10;

/** The support bundle as a zip. Whatever fails or hangs is an entry in its manifest.json, never its end. */
export function writeBundle(options: BundleOptions): Clean<Uint8Array> {
  const { signal, maxBytes = Number.POSITIVE_INFINITY } = options;
  const most = Math.max(maxBytes - reserve, maxBytes / 2);
  let written = 0;
  const parts = partsOf(options, { signal, full: () => written >= most });
  return through(zip(parts), async function* counted(source) {
    for await (const piece of source) {
      written += piece.length;
      yield piece;
    }
  });
}

async function* partsOf(options: BundleOptions, limits: Limits): AsyncIterable<ArchivePart> {
  const { wanted = () => true } = options;
  const elapsed = stopwatch();
  await lowerPool();
  const { redactor } = options.context;
  const { secrets, lack } = await learnSecrets(options.context, options.learnMs ?? learnMs, limits.signal);
  const knowing = redactor.with(secrets);
  const nameOf = (name: string) => fileName(name, (text) => knowing.text(text, options.context.scope));
  const watches = new Map<string, LogWatch>();
  const context: CollectContext = {
    ...options.context,
    redactor: knowing,
    watch: (source, file) => {
      const watch = createLogWatch(nameOf(file));
      watches.set(source, watch);
      return watch;
    },
  };
  const entries: ManifestEntry[] = [];
  if (lack !== undefined) {
    const reason = knowing.text(lack, options.context.scope);
    entries.push({ name: learning, collector: learning, status: 'partial', bytes: 0, seconds: elapsed(), reason });
  }
  const inArchive: Archived = { context, entries, nameOf: onlyOnce(nameOf), onEntry: options.onEntry };
  let run: CheckRun | undefined;
  const keep = (found: CheckRun) => {
    run = found;
  };
  const chosen = (options.collectors ?? bundleCollectors(keep)).filter(({ id }) => wanted(id));
  const collected = openEntries(chosen, context, limits, atATime);
  yield* partsFor(collected, inArchive);
  options.onEntries?.(entries);
  const logs = Object.fromEntries([...watches].map(([source, watch]) => [source, watch.read()]));
  const told = conclusion(options, { run, logs, entries: [...entries] });
  yield* partsFor(openEntries([told], context, unlimited, 1), inArchive);
  yield { name: 'manifest.json', body: jsonBody(manifest(options, entries, elapsed()), context, noNotes()) };
}

/** What is said of a bundle is short, and is said of one that was ended early as well. */
const unlimited: Limits = { signal: new AbortController().signal, full: () => false };

interface Archived {
  readonly context: CollectContext;
  readonly entries: ManifestEntry[];
  /** The name in the archive, given once for each file. */
  readonly nameOf: (name: string) => string;
  readonly onEntry: BundleOptions['onEntry'];
}

/** The files of the archive; each is told to `entries` when it is in. */
async function* partsFor(
  collected: AsyncIterable<Collected>,
  { context, entries, nameOf, onEntry }: Archived,
): AsyncIterable<ArchivePart> {
  for await (const one of collected) {
    if ('unlisted' in one) {
      entries.push(one.unlisted);
      continue;
    }
    const { body, nothing, line, error } = one.open;
    const name = nameOf(one.open.name);
    onEntry?.(name);
    if (!nothing()) yield { name, body };
    const told = { ...line(), name };
    entries.push(told);
    // As the original does, a file beside the one that failed says why.
    const why = error();
    if (why !== undefined && told.status !== 'skipped') {
      const beside = nameOf(one.open.name.replace(/\.[^./]+$|$/, '_err.txt'));
      yield { name: beside, body: textBody(`${why}\n`, context, noNotes()) };
    }
  }
}

/** Names of which none is given twice: the engine lets two networks have one. */
function onlyOnce(nameOf: (name: string) => string): (name: string) => string {
  const given = new Set<string>();
  return (name) => {
    const own = nameOf(name);
    let free = own;
    for (let number = 2; given.has(free); number += 1) free = numberedName(own, number);
    given.add(free);
    return free;
  };
}

/** Every collector of a bundle, in the order in which they begin: the checks take longest of what is small. */
export function bundleCollectors(keep: (run: CheckRun) => void): readonly Collector[] {
  return [checksCollector(keep), ...everyCollector];
}

const noNotes = (): Pick<EntryNotes, 'account'> => ({ account: new Map() });

function manifest(
  { context, request, caseId, version, now }: BundleOptions,
  entries: readonly ManifestEntry[],
  seconds: number,
): Manifest {
  const { iothubHostname, deviceId } = context.env;
  const { since, until } = context.ask;
  const time = (secs: number) => new Date(secs * 1000).toISOString();
  return {
    schema: 'edge-support-bundle/1',
    version,
    iothub: iothubHostname,
    device: deviceId,
    ...(caseId === undefined ? {} : { caseId }),
    createdAt: now.toISOString(),
    seconds,
    window: {
      ...(since === undefined ? {} : { since: time(since) }),
      until: until === undefined ? now.toISOString() : time(until),
    },
    redaction: context.scope,
    request,
    entries,
  };
}
