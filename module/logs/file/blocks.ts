import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { Segment } from './segments.ts';

/** Longer lines do not exist: the engine cuts text at 16 KiB, of which JSON makes at most six times as much. */
const longestLine = 1024 * 1024;

/**
 * A file's bytes from `from` on, in pieces of at most `size`, decompressed where need be. A piece is valid until the
 * next one is asked for.
 */
export async function* pieces(
  segment: Segment,
  from: number,
  size: number,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  if (segment.gzip) return yield* unpacked(segment, size, signal);
  const buffer = Buffer.allocUnsafeSlow(Math.max(1, Math.min(size, segment.size - from)));
  for (let at = from; at < segment.size; ) {
    signal.throwIfAborted();
    const { bytesRead } = await segment.handle.read(buffer, 0, Math.min(buffer.length, segment.size - at), at);
    if (bytesRead === 0) throw new Error(`${segment.name} ends at byte ${at} of ${segment.size}`);
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* unpacked(segment: Segment, size: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const packed = async function* () {
    // The next piece is read while zlib still works on this one.
    for await (const piece of pieces({ ...segment, gzip: false }, 0, 64 * 1024, signal)) yield Buffer.from(piece);
  };
  const gunzip = createGunzip({ chunkSize: size });
  const fed = pipeline(packed, gunzip);
  fed.catch(() => undefined);
  try {
    for await (const piece of gunzip) yield piece as Buffer;
    await fed;
  } finally {
    gunzip.destroy();
    await fed.catch(() => undefined);
  }
}

/**
 * Pieces to blocks of whole lines. `left` is told about bytes that are no line: what has no end yet (`open`), and what
 * is too long to be one.
 */
export async function* wholeLines(
  source: AsyncIterable<Buffer>,
  left: (bytes: number, open: boolean) => void,
): AsyncGenerator<Buffer> {
  let carry: Buffer[] = [];
  let carried = 0;
  for await (const piece of source) {
    const last = piece.lastIndexOf(0x0a) + 1;
    let begin = 0;
    if (last > 0 && carried > 0) {
      begin = piece.indexOf(0x0a) + 1;
      yield Buffer.concat([...carry, piece.subarray(0, begin)]);
      carry = [];
      carried = 0;
    }
    if (last > begin) yield piece.subarray(begin, last);
    if (last === piece.length) continue;
    carry.push(Buffer.from(piece.subarray(last)));
    carried += piece.length - last;
    if (carried <= longestLine) continue;
    left(carried, false);
    carry = [];
    carried = 0;
  }
  if (carried > 0) left(carried, true);
}
