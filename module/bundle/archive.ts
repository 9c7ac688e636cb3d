import { once } from 'node:events';
import { Readable } from 'node:stream';
import type { ZipArchive } from 'archiver';
import { type Clean, cleanParts, through } from '../redact/redact.ts';

/** One file of an archive. Its body must end; what goes wrong in it is the caller's to catch. */
export interface ArchivePart {
  readonly name: string;
  readonly body: Clean<Uint8Array>;
  /** Now by default. */
  readonly date?: Date;
}

/** A zip (Deflate, zip64 where needed) of the parts, one after another, in constant memory. */
export function zip(parts: AsyncIterable<ArchivePart>): Clean<Uint8Array> {
  return through(cleanParts(parts), zipped);
}

async function* zipped(parts: AsyncIterable<ArchivePart>): AsyncIterable<Uint8Array> {
  // Not needed at rest.
  const archiver = await import('archiver');
  const archive = new archiver.ZipArchive({ zlib: { level: 6, chunkSize: 64 * 1024 } });
  const reader = new AbortController();
  const writing = write(archive, parts, reader.signal).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    yield* archive as AsyncIterable<Uint8Array>;
  } finally {
    reader.abort();
    archive.destroy();
    await writing;
  }
}

/** Hands the parts to archiver one at a time: the next is opened when the one before is in the archive. */
async function write(archive: ZipArchive, parts: AsyncIterable<ArchivePart>, signal: AbortSignal): Promise<void> {
  for await (const { name, body, date } of parts) {
    const source = Readable.from(body, { objectMode: false });
    try {
      const written = once(archive, 'entry', { signal });
      archive.append(source, { name, ...(date ? { date } : {}) });
      await written;
    } finally {
      source.destroy();
    }
  }
  await archive.finalize();
}
