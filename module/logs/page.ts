import { promisify } from 'node:util';
import { constants, createGzip, gzip } from 'node:zlib';

/** One page of an answer: as many pieces of text as fit, in order. */
export interface Page {
  readonly content: Buffer;
  /** How many pieces are in it, counted from the side on which it began. */
  readonly taken: number;
  /** False when everything that was given is in it. */
  readonly more: boolean;
}

export interface PageLimit {
  readonly encoding: 'none' | 'gzip';
  /** What the page may add to the JSON answer: bytes of the quoted text, or of the base64. */
  readonly bytes: number;
  /** `end`: what does not fit is left out at the beginning. */
  readonly from: 'start' | 'end';
  /** Stands before, between and after the pieces. */
  readonly frame: { readonly open: string; readonly between: string; readonly close: string };
}

/** No page holds more text than this, however well it compresses. */
const mostText = 8 * 1024 * 1024;

/** Pieces are compressed in groups of about this size, after each of which the size is known. */
const groupSize = 8 * 1024;

const compress = promisify(gzip);

/**
 * Fills a page from pieces (log lines or records), reading no more of them than needed. With `from: 'end'` the pieces
 * come newest first and the page holds them oldest first. A first piece that does not fit is cut, so that a page
 * always makes progress.
 */
export async function fillPage(pieces: AsyncIterable<readonly string[]>, limit: PageLimit): Promise<Page> {
  const { encoding, frame } = limit;
  const meter = encoding === 'gzip' ? gzipMeter(limit.bytes) : textMeter(limit.bytes);
  const taken: string[] = [];
  let text = 0;
  let more = false;
  meter.start(frame.open + frame.close);
  try {
    reading: for await (const batch of pieces) {
      for (let at = 0; at < batch.length; ) {
        const group = groupFrom(batch, at, encoding === 'gzip' ? groupSize : 0);
        const joined = group.join(frame.between) + frame.between;
        text += joined.length;
        more = text > mostText || !(await meter.add(joined));
        if (more && taken.length === 0) taken.push(...(await cutToFit(group, limit)));
        if (more) break reading;
        taken.push(...group);
        at += group.length;
      }
    }
  } finally {
    meter.close();
  }
  const ordered = limit.from === 'end' ? taken.toReversed() : taken;
  const whole = Buffer.from(frame.open + ordered.join(frame.between) + frame.close);
  return { content: encoding === 'gzip' ? await compress(whole) : whole, taken: taken.length, more };
}

/** Pieces from `at` on that together have about `size` characters, at least one. */
function groupFrom(batch: readonly string[], at: number, size: number): readonly string[] {
  let end = at;
  for (let length = 0; end < batch.length && (end === at || length + (batch[end]?.length ?? 0) <= size); end += 1) {
    length += batch[end]?.length ?? 0;
  }
  return batch.slice(at, end);
}

/** Of a group that does not fit as a whole, the pieces that do, or the beginning of the first one. */
async function cutToFit(group: readonly string[], { encoding, bytes, frame }: PageLimit): Promise<readonly string[]> {
  const fits = async (pieces: readonly string[]) => {
    const whole = frame.open + pieces.join(frame.between) + frame.close;
    return (encoding === 'gzip' ? base64Size((await compress(whole)).length) : quotedSize(whole)) <= bytes;
  };
  for (let count = group.length; count > 0; count = Math.floor(count / 2)) {
    if (await fits(group.slice(0, count))) return group.slice(0, count);
  }
  const [first = ''] = group;
  for (let length = first.length; ; length = Math.floor(length / 2)) {
    const piece = cutPiece(first, length);
    if (length === 0 || (await fits([piece]))) return [piece];
  }
}

/** The beginning of a piece with a note of what is left out; a JSON record keeps its shape. */
function cutPiece(piece: string, length: number): string {
  const note = (text: string) => `${text.slice(0, length)} … [cut: ${text.length} characters]`;
  try {
    const record = JSON.parse(piece) as { text?: unknown };
    if (typeof record.text === 'string') return JSON.stringify({ ...record, text: note(record.text) });
  } catch {
    // Plain text.
  }
  return piece.endsWith('\n') ? `${note(piece.slice(0, -1))}\n` : note(piece);
}

interface Meter {
  start(text: string): void;
  /** False when the page with this text added would not fit. */
  add(text: string): Promise<boolean>;
  close(): void;
}

/** Bytes of a text as it stands in a JSON answer, without its quotes. */
function quotedSize(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

function textMeter(most: number): Meter {
  let size = 0;
  const take = (text: string) => {
    size += quotedSize(text);
    return size <= most;
  };
  return { start: take, add: async (text) => take(text), close: () => undefined };
}

const base64Size = (bytes: number) => Math.ceil(bytes / 3) * 4;

/** Bytes that end a gzip member: the last block and the trailer. */
const gzipTail = 32;

/** Measures by compressing as it goes, with a flush after each group; without the flushes the result is smaller. */
function gzipMeter(most: number): Meter {
  const zip = createGzip({ level: 6 });
  let size = 0;
  zip.on('data', (chunk: Buffer) => {
    size += chunk.length;
  });
  const write = (text: string) => {
    const written = Promise.withResolvers<void>();
    zip.write(text);
    zip.flush(constants.Z_SYNC_FLUSH, () => written.resolve());
    return written.promise;
  };
  return {
    start: (text) => void zip.write(text),
    add: async (text) => {
      await write(text);
      return base64Size(size + gzipTail) <= most;
    },
    close: () => {
      zip.destroy();
    },
  };
}
