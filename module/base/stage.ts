/**
 * A step of a stream: a function from async iterable to async iterable.
 * Stages pass batches (buffers of some 64 KB, arrays of lines), never single lines: one async step per line is ten
 * times too slow.
 */
export type Stage<A, B> = (source: AsyncIterable<A>) => AsyncIterable<B>;

/** Gathers small buffers into ones of at least `size` bytes (the last may be smaller), copying each byte once. */
export function gather(size: number): Stage<Uint8Array, Buffer> {
  return async function* gathered(source) {
    let parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of source) {
      if (part.length === 0) continue;
      parts.push(part);
      bytes += part.length;
      if (bytes < size) continue;
      yield Buffer.concat(parts, bytes);
      parts = [];
      bytes = 0;
    }
    if (bytes > 0) yield Buffer.concat(parts, bytes);
  };
}
