/**
 * Cuts a stream into buffers of exactly `size` bytes (the last may be smaller) that `take` provides. Each holds until
 * its buffer is provided again: the same one every time will do for who is done with it before asking for the next.
 */
export async function* rebuffer(
  source: AsyncIterable<Uint8Array>,
  size: number,
  take: () => Buffer,
): AsyncGenerator<Buffer> {
  let buffer: Buffer | undefined;
  let filled = 0;
  for await (const part of source) {
    for (let at = 0; at < part.length; ) {
      buffer ??= take();
      const length = Math.min(size - filled, part.length - at);
      buffer.set(part.subarray(at, at + length), filled);
      filled += length;
      at += length;
      if (filled < size) continue;
      yield buffer.subarray(0, size);
      buffer = undefined;
      filled = 0;
    }
  }
  if (buffer && filled > 0) yield buffer.subarray(0, filled);
}
