import { messageOf } from '../base/errors.ts';
import { stopwatch, within } from '../base/time.ts';
import type { BundleContext, CollectContext, Collector } from '../collectors/collector.ts';
import { createLogWatch } from '../collectors/log-watch.ts';
import { estimateLog } from '../logs/estimate.ts';

/** What a bundle would hold, without making it. */
export interface BundlePlan {
  readonly files: readonly PlannedFile[];
  /** Collectors that cannot list their files, and why. */
  readonly problems: readonly { readonly collector: string; readonly reason: string }[];
  /** Bytes of the archive and seconds to make it, both estimated; the upload takes its own time. */
  readonly total: { readonly files: number; readonly bytes: number; readonly seconds: number };
}

interface PlannedFile {
  readonly name: string;
  readonly collector: string;
  /** Compressed, estimated: logs from a sample, other files from what such files usually have. */
  readonly bytes: number;
  readonly seconds?: number;
}

/** What listing one collector's files, and the estimate of one log, may take; milliseconds. */
const listMs = 4000;
const estimateMs = 1000;

/** The checks are not run for a plan: this is what they usually take; seconds and files. */
const checks = { seconds: 8, files: 50 };

/** Lists what the collectors would bring. `limitMs` is for all estimates together; logs beyond it count as usual ones. */
export async function planBundle(
  collectors: readonly Collector[],
  known: BundleContext,
  limitMs: number,
  signal: AbortSignal,
): Promise<BundlePlan> {
  const elapsed = stopwatch();
  const context: CollectContext = { ...known, watch: (_, file) => createLogWatch(file) };
  const files: PlannedFile[] = [];
  const problems: { readonly collector: string; readonly reason: string }[] = [];
  let seconds = 0;
  for (const { id, usualBytes, entries } of collectors) {
    if (id === 'checks') {
      files.push({ name: 'check.json and facts/*.json', collector: id, bytes: usualBytes * checks.files });
      seconds += checks.seconds;
      continue;
    }
    try {
      const listed = await within(listMs, `Listing what ${id} brings`, (own) => entries(context, own), signal);
      for (const { name } of listed) {
        const log =
          id === 'module-logs' && elapsed() * 1000 < limitMs ? await estimate(name, context, signal) : undefined;
        seconds += log?.seconds ?? 0.1;
        files.push({ name, collector: id, bytes: usualBytes, ...log });
      }
    } catch (error) {
      signal.throwIfAborted();
      problems.push({ collector: id, reason: context.redactor.text(messageOf(error)) });
    }
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  return { files, problems, total: { files: files.length, bytes, seconds: Math.round(seconds) } };
}

/** Of a module's log by its name in the archive; undefined when it cannot be read. */
async function estimate(name: string, { ask, docker, engineLogs = '' }: CollectContext, signal: AbortSignal) {
  const module = name.replace(/^logs\/|_log\.txt$/g, '');
  try {
    const window = { ...ask, timestamps: true };
    const { gzipBytes, seconds } = await estimateLog({ docker, engineLogs }, module, window, estimateMs, signal);
    return { bytes: gzipBytes, seconds };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}
