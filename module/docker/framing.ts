/** How an answer's body is delimited (RFC 9112, section 6). */
export type Framing = { readonly kind: 'chunked' | 'close' } | { readonly kind: 'length'; readonly length: number };

export interface Decoder {
  /**
   * Takes `bytes` from `start` to `end`, cut anywhere, and hands pieces of the body to `write`. Throws an Error for
   * what is not the announced framing.
   */
  push(bytes: Buffer, start: number, end: number): void;
  /** Whether the body has come in full. `ended`: the connection ended here. */
  complete(ended: boolean): boolean;
}

/** Reads status and framing out of an answer's header, which ends before its empty line. Throws an Error. */
export function parseHead(head: string): { readonly status: number; readonly framing: Framing } {
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1] ?? Number.NaN);
  if (Number.isNaN(status)) throw new Error(`expected an HTTP answer, got "${head.slice(0, 40)}"`);
  if (/^transfer-encoding:\s*chunked\s*$/im.test(head)) return { status, framing: { kind: 'chunked' } };
  const length = /^content-length:\s*(\d+)\s*$/im.exec(head)?.[1];
  return { status, framing: length === undefined ? { kind: 'close' } : { kind: 'length', length: Number(length) } };
}

type Write = (bytes: Buffer, start: number, end: number) => void;

/** Takes the framing off an HTTP/1.1 body. Chunk extensions and trailers are skipped. */
export function decodeBody(framing: Framing, write: Write): Decoder {
  if (framing.kind === 'chunked') return chunked(write);
  let left = framing.kind === 'length' ? framing.length : Number.POSITIVE_INFINITY;
  return {
    push(bytes, start, end) {
      const stop = Math.min(end, start + left);
      if (stop > start) write(bytes, start, stop);
      left -= stop - start;
    },
    complete: (ended) => left === 0 || (ended && framing.kind === 'close'),
  };
}

/** Where the decoder stands: in a size line, its extension, the data, the line break after it, or the trailer. */
type State = 'size' | 'extension' | 'data' | 'break' | 'trailer' | 'done';

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const semicolon = 0x3b;

function chunked(write: Write): Decoder {
  let state: State = 'size';
  let left = 0;
  let lineLength = 0;

  const afterLine = (): State => {
    if (state === 'trailer') return lineLength === 0 ? 'done' : 'trailer';
    if (state === 'break') return 'size';
    return left > 0 ? 'data' : 'trailer';
  };

  const takeLineByte = (byte: number) => {
    if (byte === lineFeed) {
      state = afterLine();
      lineLength = 0;
      return;
    }
    if (byte === carriageReturn) return;
    lineLength += 1;
    if (state !== 'size') return;
    const digit = hexDigit(byte);
    if (digit >= 0) left = left * 16 + digit;
    else if (byte === semicolon) state = 'extension';
    else throw new Error('its answer has a chunk without a size');
  };

  return {
    complete: () => state === 'done',
    push(bytes, start, end) {
      let at = start;
      while (at < end && state !== 'done') {
        if (state !== 'data') {
          takeLineByte(bytes[at] as number);
          at += 1;
          continue;
        }
        const stop = Math.min(end, at + left);
        write(bytes, at, stop);
        left -= stop - at;
        at = stop;
        if (left === 0) state = 'break';
      }
    },
  };
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
