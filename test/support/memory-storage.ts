import { createHash } from 'node:crypto';
import type { Storage } from '../../module/storage/storage.ts';

export interface MemoryStorage extends Storage {
  /** What was delivered, by the blob's name. */
  readonly blobs: Map<string, Buffer>;
}

/** A storage that keeps what is delivered; `onDeliver` is called when the body has been read, and may reject. */
export function memoryStorage(onDeliver: () => Promise<void> = async () => undefined): MemoryStorage {
  const blobs = new Map<string, Buffer>();
  return {
    blobs,
    check: () => true,
    attempt: async () => undefined,
    async deliver(ask, context) {
      const body = await context.collect(async (deadline) => {
        const parts: Uint8Array[] = [];
        for await (const part of ask.open(deadline)) parts.push(part);
        await onDeliver();
        return Buffer.concat(parts);
      });
      const name = ask.name();
      blobs.set(name, body);
      const sha256 = createHash('sha256').update(body).digest('hex');
      return { name, url: `memory://${name}`, bytes: body.length, sha256, durable: true, about: ask.about() };
    },
    kept: async () => [],
    read: async () => Buffer.alloc(0),
    spoolBytes: async () => 0,
    discard: async () => undefined,
    tidy: async () => undefined,
  };
}
