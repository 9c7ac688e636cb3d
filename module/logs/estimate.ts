import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { LogAsk } from './ask.ts';
import type { Entry } from './filter.ts';
import { stampLength, stampOf } from './lines.ts';
import { logOpener } from './logs.ts';
import { collectLosses } from './loss.ts';
import type { LogPlace } from './source.ts';
import { type OpenLog, wantedEntries } from './wanted.ts';

/** What an upload of a module's log would bring. */
export interface LogEstimate {
  readonly module: string;
  readonly lines: number;
  /** Of the text. */
  readonly bytes: number;
  readonly gzipBytes: number;
  /** For reading and compressing; how fast the upload goes is not known beforehand. */
  readonly seconds: number;
  /** True when the whole was read; otherwise a sample was, and the rest follows from the times of its lines. */
  readonly exact: boolean;
}

const sampleBytes = 4 * 1024 * 1024;

const compress = promisify(gzip);

/**
 * Estimates from a sample of at most 4 MB or `limitMs` from the beginning of the window, without keeping or sending
 * anything: how much of the window's time the sample covers tells how much there is in all.
 */
export async function estimateLog(
  place: LogPlace,
  module: string,
  ask: LogAsk,
  limitMs: number,
  signal: AbortSignal,
): Promise<LogEstimate> {
  const own = new AbortController();
  const both = AbortSignal.any([own.signal, signal]);
  const losses = collectLosses([]);
  const open = logOpener(place, module, losses, both);
  const started = performance.now();
  try {
    const sample = { lines: 0, bytes: 0, first: 0, last: 0, parts: [] as Buffer[] };
    let exact = true;
    for await (const batch of wantedEntries(open, ask, losses, both)) {
      for (const { raw } of batch) sample.parts.push(raw.subarray(stampLength(raw)));
      sample.lines += batch.length;
      sample.bytes += batch.reduce((sum, { raw }) => sum + raw.length - stampLength(raw), 0);
      sample.first ||= timeOf(batch[0]);
      sample.last = timeOf(batch.at(-1)) || sample.last;
      exact = sample.bytes < sampleBytes && performance.now() - started < limitMs;
      if (!exact) break;
    }
    const gzipBytes = (await compress(Buffer.concat(sample.parts))).length;
    const seconds = (performance.now() - started) / 1000;
    const share = exact ? 1 : await shareOf(sample, open, ask);
    const whole = (value: number) => Math.round(value / share);
    return {
      module,
      lines: whole(sample.lines),
      bytes: whole(sample.bytes),
      gzipBytes: whole(gzipBytes),
      seconds: Math.round((seconds / share) * 10) / 10,
      exact,
    };
  } finally {
    own.abort();
  }
}

/** The part of the window's time that a sample covers, between 0 and 1; the log's last line tells where it ends. */
async function shareOf(sample: { readonly first: number; readonly last: number }, open: OpenLog, ask: LogAsk) {
  let end = 0;
  const newest: LogAsk = { tail: 1, timestamps: true, ...(ask.since === undefined ? {} : { since: ask.since }) };
  for await (const batch of wantedEntries(open, newest, collectLosses([]), new AbortController().signal)) {
    end = timeOf(batch.at(-1));
  }
  if (ask.until !== undefined) end = Math.min(end, ask.until * 1000);
  const share = (sample.last - sample.first) / (end - sample.first);
  return share > 0 && share <= 1 ? share : 1;
}

/** Milliseconds since 1970 by the engine's timestamp; 0 when there is none. */
function timeOf(entry: Entry | undefined): number {
  const stamp = entry && stampOf(entry.raw);
  return stamp === undefined ? 0 : Date.parse(`${stamp.slice(0, 23)}Z`);
}
