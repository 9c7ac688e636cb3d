import { gather, type Stage } from '../base/stage.ts';
import type { Docker, LogQuery } from '../docker/docker.ts';
import { type Account, type Clean, type Redactor, type Scope, through } from '../redact/redact.ts';
import type { LogAsk } from './ask.ts';
import { encodeJson, encodeText, gzip } from './encode.ts';
import { type Entry, onlyLevel, onlyMatching, parse } from './filter.ts';
import type { LogFormat } from './format.ts';
import { type Line, lines } from './lines.ts';
import { collectLosses, type Losses } from './loss.ts';
import { payload } from './payload.ts';
import { lastLines } from './tail.ts';

export { type LogAsk, type LogFilter, readItems, selectModules } from './ask.ts';
export { blobExtension, type LogFormat } from './format.ts';
export { parseTime } from './time.ts';

export interface LogSource {
  readonly docker: Docker;
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
  /** Where redaction counts what it took out. */
  readonly account?: Account;
}

/** Blocks given to redaction and zlib have at least this size. */
const blockSize = 64 * 1024;

/**
 * The encoded log of one module, with back-pressure and bounded memory. Nothing is asked of the engine before the
 * first read; engine faults, a pattern that is too slow and the signal reject the iteration.
 */
export function encodedLog(
  source: LogSource,
  module: string,
  ask: LogAsk,
  format: LogFormat,
  count: LogCount,
  signal: AbortSignal,
): Clean<Uint8Array> {
  const body =
    format.contentType === 'json'
      ? jsonLog(source, module, ask, count, signal)
      : plainLog(source, module, ask, source.scope ?? 'known', count, signal);
  return format.encoding === 'gzip' ? through(body, gzip()) : body;
}

/** The text of a module's log within a window for a bundle, with every secret taken out. */
export function textLog(
  source: Pick<LogSource, 'docker' | 'redactor'>,
  module: string,
  window: Pick<LogAsk, 'since' | 'until'>,
  count: LogCount,
  signal: AbortSignal,
): Clean<Uint8Array> {
  return plainLog(source, module, { ...window, timestamps: false }, 'all', count, signal);
}

function plainLog(
  { docker, redactor }: Pick<LogSource, 'docker' | 'redactor'>,
  module: string,
  ask: LogAsk,
  scope: Scope,
  count: LogCount,
  signal: AbortSignal,
): Clean<Uint8Array> {
  const losses = collectLosses(count.warnings);
  const read = (async function* () {
    const log = await open(docker, module, ask, ask.timestamps, losses, signal);
    if (log === undefined) return;
    if (!needsLines(ask)) {
      yield* payload(log.tty, losses)(log.body);
      return;
    }
    const wanted = pick(ask, losses, signal)(lines(log.tty, ask.timestamps, losses)(log.body));
    yield* gather(blockSize)(encodeText()(wanted));
  })();
  return redactor.stream(counting(count)(read), scope, count.account);
}

function jsonLog(
  { docker, redactor, iothub, device, scope = 'known' }: LogSource,
  module: string,
  ask: LogAsk,
  count: LogCount,
  signal: AbortSignal,
): Clean<Uint8Array> {
  const losses = collectLosses(count.warnings);
  const read = (async function* () {
    const log = await open(docker, module, ask, true, losses, signal);
    if (log === undefined) return;
    for await (const batch of pick(ask, losses, signal)(lines(log.tty, true, losses)(log.body))) {
      count.lines += batch.length;
      for (const { raw } of batch) count.bytes += raw.length;
      yield batch;
    }
  })();
  // Texts are redacted before JSON quotes them, where a secret with quotes in it would look different; the second
  // pass finds nothing more, and is what makes the stream Clean.
  const records = encodeJson({ iothub, device, module }, (text) => redactor.text(text, scope, count.account))(
    parse()(read),
  );
  return redactor.stream(gather(blockSize)(records), scope);
}

/** Whether the text depends on lines, or is what the engine sends. */
function needsLines(ask: LogAsk): boolean {
  // With timestamps, the engine cuts long lines by a timestamp every 16 KiB.
  return ask.level !== undefined || ask.pattern !== undefined || ask.timestamps || !engineTails(ask);
}

/**
 * The engine takes the tail of the whole log before it looks at `until`, and knows nothing of our filters; only
 * without both is its tail the one that was asked for. (Before `since` makes no difference to the outcome.)
 */
function engineTails({ tail, until, level, pattern }: LogAsk): boolean {
  return tail === undefined || (until === undefined && level === undefined && pattern === undefined);
}

async function open(
  docker: Docker,
  module: string,
  ask: LogAsk,
  timestamps: boolean,
  losses: Losses,
  signal: AbortSignal,
) {
  const { since, until, tail } = ask;
  // For the engine `until` 0 means no limit, and `tail` 0 is taken for "all" by some versions.
  if ((until !== undefined && until <= Math.max(since ?? 0, 0)) || tail === 0) {
    if (tail !== 0) losses.say('since is not before until, so no line can be between them');
    return undefined;
  }
  const query: LogQuery = {
    ...(since === undefined || since <= 0 ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...(tail === undefined || !engineTails(ask) ? {} : { tail }),
    timestamps,
  };
  return docker.logs(module, query, signal);
}

/** The filters in the order users expect: level, pattern, then the last so many of what is left. */
function pick(ask: LogAsk, losses: Losses, signal: AbortSignal): Stage<readonly Line[], readonly Line[]> {
  const filters: Stage<readonly Entry[], readonly Entry[]>[] = [
    ...(ask.level === undefined ? [] : [onlyLevel(ask.level)]),
    ...(ask.pattern === undefined ? [] : [onlyMatching(ask.pattern, signal)]),
  ];
  const tail = ask.tail === undefined || engineTails(ask) ? undefined : lastLines<Line>(ask.tail, losses);
  return (source) => {
    const filtered =
      filters.length === 0 ? source : filters.reduce((stream, filter) => filter(stream), parse()(source));
    return tail === undefined ? filtered : tail(filtered);
  };
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
