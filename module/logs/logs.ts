import { messageOf } from '../base/errors.ts';
import { gather, type Stage } from '../base/stage.ts';
import type { LogQuery } from '../docker/docker.ts';
import { type Account, type Clean, type Redactor, type Scope, through } from '../redact/redact.ts';
import type { LogAsk } from './ask.ts';
import { encodeRecords, encodeText, gzip, recordFrames, recordMaker } from './encode.ts';
import type { LogFormat } from './format.ts';
import { collectLosses, type Losses } from './loss.ts';
import { type LogPath, type LogPlace, openLog } from './source.ts';
import { isEmptyWindow, needsText, type OpenLog, searchesTail, wantedEntries, wantedLines } from './wanted.ts';

export { type LogAsk, type LogFilter, readItems, type SelectedLog, selectModules } from './ask.ts';
export { blobExtension, type LogFormat } from './format.ts';
export { parseTime } from './time.ts';

export interface LogSource extends LogPlace {
  readonly redactor: Redactor;
  /** Host name and device id, for JSON records. */
  readonly iothub: string;
  readonly device: string;
  /** What redaction looks for; the module's own secrets unless told otherwise. */
  readonly scope?: Scope;
}

/** What went through so far; complete when the stream has ended. */
export interface LogCount {
  lines: number;
  /** Bytes of the log itself, before redaction, encoding and compression. */
  bytes: number;
  /** What was lost and why, a sentence each. */
  warnings: string[];
  /** Where the log was read from, once it was opened. */
  path?: LogPath;
  /** Where redaction counts what it took out. */
  readonly account?: Account;
}

/** Blocks given to redaction and zlib have at least this size. */
const blockSize = 64 * 1024;

/**
 * The encoded log of one module, with back-pressure and bounded memory. Nothing is asked of the engine before the
 * first read; engine faults, a pattern that is too slow and the signal reject the iteration. `deadline` ends it early
 * with what there is, well-formed, and a warning.
 */
export function encodedLog(
  source: LogSource,
  module: string,
  ask: LogAsk,
  format: LogFormat,
  count: LogCount,
  signal: AbortSignal,
  deadline?: AbortSignal,
): Clean<Uint8Array> {
  const body =
    format.contentType === 'text'
      ? plainLog(source, module, ask, source.scope ?? 'known', count, signal, deadline)
      : recordLog(source, module, ask, format.contentType, count, signal, deadline);
  return format.encoding === 'gzip' ? through(body, gzip()) : body;
}

/** The text of a module's log within a window for a bundle, `tail`: only its last lines. */
export function textLog(
  { scope = 'all', ...source }: LogPlace & Pick<LogSource, 'redactor' | 'scope'>,
  module: string,
  window: Pick<LogAsk, 'since' | 'until' | 'tail'>,
  count: LogCount,
  signal: AbortSignal,
): Clean<Uint8Array> {
  return plainLog(source, module, { ...window, timestamps: false }, scope, count, signal);
}

function plainLog(
  { redactor, ...place }: LogPlace & Pick<LogSource, 'redactor'>,
  module: string,
  ask: LogAsk,
  scope: Scope,
  count: LogCount,
  outer: AbortSignal,
  deadline?: AbortSignal,
): Clean<Uint8Array> {
  const losses = collectLosses(count.warnings);
  const signal = deadline ? AbortSignal.any([outer, deadline]) : outer;
  const open = logOpener(place, module, losses, signal, count);
  const read = (async function* () {
    if (needsText(ask) || searchesTail(ask) || ask.timestamps) {
      const strip = !ask.timestamps && (needsText(ask) || searchesTail(ask));
      yield* gather(blockSize)(encodeText(strip)(wantedLines(open, ask, losses, signal)));
      return;
    }
    const log = await open(ask, false);
    if (log) yield* log.payload();
  })();
  return redactor.stream(counting(count)(untilDeadline(read, losses, outer, deadline)), scope, count.account);
}

function recordLog(
  { redactor, iothub, device, scope = 'known', ...place }: LogSource,
  module: string,
  ask: LogAsk,
  contentType: 'json' | 'ndjson',
  count: LogCount,
  outer: AbortSignal,
  deadline?: AbortSignal,
): Clean<Uint8Array> {
  const losses = collectLosses(count.warnings);
  const signal = deadline ? AbortSignal.any([outer, deadline]) : outer;
  const read = (async function* () {
    for await (const batch of wantedEntries(logOpener(place, module, losses, signal, count), ask, losses, signal)) {
      count.lines += batch.length;
      for (const { raw } of batch) count.bytes += raw.length;
      yield batch;
    }
  })();
  // Texts are redacted before JSON quotes them, where a secret with quotes in it would look different; the second
  // pass finds nothing more, and is what makes the stream Clean.
  const record = recordMaker({ iothub, device, module }, (text) => redactor.text(text, scope, count.account));
  const encoded = encodeRecords(record, recordFrames[contentType])(untilDeadline(read, losses, outer, deadline));
  return redactor.stream(gather(blockSize)(encoded), scope);
}

/** Opens a module's log within a window; says a loss when nothing can be in it, and in `count` which path was taken. */
export function logOpener(
  place: LogPlace,
  module: string,
  losses: Losses,
  signal: AbortSignal,
  count: { path?: LogPath } = {},
): OpenLog {
  return async (window, timestamps) => {
    const { since, until, tail } = window;
    // `tail` 0 is taken for "all" by some versions of the engine.
    if (tail === 0 || isEmptyWindow(window, losses)) return undefined;
    const query: LogQuery = {
      ...(since === undefined || since <= 0 ? {} : { since }),
      ...(until === undefined ? {} : { until }),
      ...(tail === undefined ? {} : { tail }),
      timestamps,
    };
    const log = await openLog(place, module, query, losses, signal);
    count.path = log.path;
    return {
      path: log.path,
      payload: () => asFarAsItGoes(log.payload(), losses, signal),
      lines: () => asFarAsItGoes(log.lines(), losses, signal),
    };
  };
}

/** A log that breaks off is delivered up to there, with a loss; one of which nothing could be read rejects. */
async function* asFarAsItGoes<T>(read: AsyncIterable<T>, losses: Losses, signal: AbortSignal): AsyncIterable<T> {
  let begun = false;
  try {
    for await (const part of read) {
      begun = true;
      yield part;
    }
  } catch (error) {
    if (!begun || signal.aborted) throw error;
    losses.say(`the log breaks off here: ${messageOf(error)}`);
  }
}

/** What has been read by the deadline, with a loss that says so; every other fault rejects. */
async function* untilDeadline<T>(
  read: AsyncIterable<T>,
  losses: Losses,
  signal: AbortSignal,
  deadline: AbortSignal | undefined,
): AsyncIterable<T> {
  try {
    yield* read;
  } catch (error) {
    if (!deadline?.aborted || signal.aborted) throw error;
    losses.say('the log breaks off here: the deadline of the task was reached');
  }
}

/** Counts bytes and lines; what follows the last line break counts as a line. */
function counting(count: LogCount): Stage<Buffer, Buffer> {
  return async function* (source) {
    let open = false;
    for await (const part of source) {
      count.bytes += part.length;
      for (let at = part.indexOf(0x0a); at >= 0; at = part.indexOf(0x0a, at + 1)) count.lines += 1;
      open = part[part.length - 1] !== 0x0a;
      yield part;
    }
    if (open) count.lines += 1;
  };
}
