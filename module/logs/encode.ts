import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Stage } from '../base/stage.ts';
import type { Entry } from './filter.ts';
import { type Line, stampLength } from './lines.ts';

const lineBreak = Buffer.from('\n');

/**
 * The lines as they are, back to back; only one without a line break gets one when another line follows. `strip` takes
 * the engine's timestamps out, which were asked for to work with.
 */
export function encodeText(strip = false): Stage<readonly Line[], Buffer> {
  return async function* (source) {
    let open = false;
    for await (const batch of source) {
      const parts: Buffer[] = [];
      for (const { raw } of batch) {
        if (open) parts.push(lineBreak);
        parts.push(strip ? raw.subarray(stampLength(raw)) : raw);
        open = raw[raw.length - 1] !== 0x0a;
      }
      yield Buffer.concat(parts);
    }
  };
}

export interface RecordSource {
  readonly iothub: string;
  readonly device: string;
  readonly module: string;
}

/** What .NET writes for a missing date. */
const noTime = '0001-01-01T00:00:00';

/** What stands before, between and after records. */
export interface RecordFrame {
  readonly open: string;
  readonly between: string;
  readonly close: string;
}

export const recordFrames: Readonly<Record<'json' | 'ndjson', RecordFrame>> = {
  json: { open: '[', between: ',\n', close: ']' },
  ndjson: { open: '', between: '\n', close: '\n' },
};

/**
 * Makes edgeAgent's log record of an entry (Core/logs/ModuleLogMessage.cs), keys in its order. `clean` is applied to
 * every text before it is quoted.
 */
export function recordMaker(source: RecordSource, clean: (text: string) => string): (entry: Entry) => string {
  const head = JSON.stringify({ iothub: source.iothub, device: source.device, id: source.module }).slice(0, -1);
  return ({ stream, level, text, timestamp }) =>
    `${head},"stream":"${stream}","loglevel":${level},"text":${JSON.stringify(clean(text))},"timestamp":"${timestamp ?? noTime}"}`;
}

/** Records in a frame; of no records at all, NDJSON is empty and JSON an empty array. */
export function encodeRecords(
  record: (entry: Entry) => string,
  { open, between, close }: RecordFrame,
): Stage<readonly Entry[], Buffer> {
  return async function* (entries) {
    let opened = false;
    for await (const batch of entries) {
      if (batch.length === 0) continue;
      const text = batch.map(record).join(between);
      yield Buffer.from(opened ? `${between}${text}` : `${open}${text}`);
      opened = true;
    }
    yield Buffer.from(opened ? close : (open + close).trim());
  };
}

/**
 * gzip, one member, level 6, on the thread pool. Feed it blocks of some 100 KB. The buffers on both sides let the
 * compression of a block overlap with the reading of the next.
 */
export function gzip(): Stage<Uint8Array, Buffer> {
  return async function* (source) {
    const options = { level: 6, chunkSize: 64 * 1024, highWaterMark: 512 * 1024 };
    const zip = createGzip(options);
    const fed = pipeline(source, zip);
    fed.catch(() => undefined);
    try {
      for await (const chunk of zip) yield chunk as Buffer;
      await fed;
    } finally {
      zip.destroy();
      await fed.catch(() => undefined);
    }
  };
}
