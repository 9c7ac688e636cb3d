import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Stage } from '../base/stage.ts';
import type { Entry } from './filter.ts';
import type { Line } from './lines.ts';

const lineBreak = Buffer.from('\n');

/** The lines as they are, back to back; only one without a line break gets one when another line follows. */
export function encodeText(): Stage<readonly Line[], Buffer> {
  return async function* (source) {
    let open = false;
    for await (const batch of source) {
      const parts: Buffer[] = [];
      for (const { raw } of batch) {
        if (open) parts.push(lineBreak);
        parts.push(raw);
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

/**
 * One JSON array of edgeAgent's log records (Core/logs/ModuleLogMessage.cs), a record a line. `clean` is applied to
 * every text before it is quoted.
 */
export function encodeJson(source: RecordSource, clean: (text: string) => string): Stage<readonly Entry[], Buffer> {
  const head = JSON.stringify({ iothub: source.iothub, device: source.device, id: source.module }).slice(0, -1);
  const record = ({ stream, level, text, timestamp }: Entry) =>
    `${head},"stream":"${stream}","loglevel":${level},"text":${JSON.stringify(clean(text))},"timestamp":"${timestamp ?? noTime}"}`;
  return async function* (entries) {
    let opened = false;
    for await (const batch of entries) {
      if (batch.length === 0) continue;
      const text = batch.map(record).join(',\n');
      yield Buffer.from(opened ? `,\n${text}` : `[${text}`);
      opened = true;
    }
    yield Buffer.from(opened ? ']' : '[]');
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
