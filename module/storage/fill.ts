import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { rebuffer } from './rebuffer.ts';
import type { Room } from './room.ts';
import type { Place, Spool } from './spool.ts';

/** The sums of a body, made while it passes. */
export interface Digest {
  readonly bytes: number;
  add(part: Uint8Array): void;
  end(): { readonly sha256: string; readonly md5: string };
}

export function createDigest(): Digest {
  const sums: readonly Hash[] = [createHash('sha256'), createHash('md5')];
  let bytes = 0;
  return {
    get bytes() {
      return bytes;
    },
    add: (part) => {
      bytes += part.length;
      for (const sum of sums) sum.update(part);
    },
    end: () => {
      const [sha256 = '', md5 = ''] = sums.map((sum) => sum.digest('hex'));
      return { sha256, md5 };
    },
  };
}

/** How the filling of a file ended. When it is not whole, `rest` is the body from `written` on. */
export type Filled =
  | { readonly whole: true }
  | { readonly whole: false; readonly why: string; readonly written: number; readonly rest: AsyncIterable<Uint8Array> };

const writeBytes = 256 * 1024;

/** Written pages go to the disk so often, not all at the end: less dirty memory, and a shorter wait. */
const syncBytes = 32 << 20;

/**
 * Writes a body into the archive's file until it is whole and durable, or there is no room, or the file system refuses.
 * Then whoever called reads on from `rest`. Everything that is read, and only that, is added to the digest. Rejects only
 * with what the body throws, or when aborted.
 */
export async function fillBody(
  parts: { readonly spool: Spool; readonly room: Room },
  place: Place,
  body: AsyncIterable<Uint8Array>,
  digest: Digest,
  signal: AbortSignal,
  onWritten: (bytes: number) => void,
): Promise<Filled> {
  const buffer = Buffer.allocUnsafeSlow(writeBytes);
  const source = rebuffer(digested(abortable(body, signal), digest), writeBytes, () => buffer);
  const rest = (first: readonly Buffer[]): AsyncIterable<Uint8Array> =>
    (async function* () {
      try {
        yield* first;
        for (let next = await source.next(); !next.done; next = await source.next()) yield next.value;
      } finally {
        await source.return(undefined);
      }
    })();
  let file: FileHandle | undefined;
  let written = 0;
  let whole = false;
  let handedOver = false;
  const handOver = (why: string, first: readonly Buffer[] = []): Filled => {
    handedOver = true;
    return { whole: false, why, written, rest: rest(first) };
  };
  try {
    try {
      await parts.spool.make(place);
      file = await open(place.body, 'w', 0o600);
    } catch (error) {
      return handOver(whyOf(error));
    }
    let syncedAt = 0;
    // Goes on beside the writing, one at a time.
    let syncing: Promise<string | undefined> = Promise.resolve(undefined);
    for (let next = await source.next(); !next.done; next = await source.next()) {
      if (!(await parts.room.claim(place, next.value.length))) {
        return handOver('no room for archives is left in the data folder', [next.value]);
      }
      signal.throwIfAborted();
      try {
        await writeAt(file, next.value, written);
      } catch (error) {
        return handOver(whyOf(error), [next.value]);
      }
      written += next.value.length;
      onWritten(written);
      if (written - syncedAt < syncBytes) continue;
      syncedAt = written;
      const failed = await syncing;
      if (failed !== undefined) return handOver(failed);
      syncing = outcome(file.datasync());
    }
    whole = true;
    const failed = (await syncing) ?? (await outcome(file.sync()));
    return failed === undefined ? { whole: true } : handOver(failed);
  } finally {
    await file?.close().catch(() => undefined);
    if (!whole && !handedOver) await source.return(undefined);
  }
}

/** Why it failed; undefined when it did not. */
const outcome = (work: Promise<void>): Promise<string | undefined> => work.then(() => undefined, whyOf);

/** Whatever part the file took, the whole of it: a write may be short. */
async function writeAt(file: FileHandle, part: Buffer, position: number): Promise<void> {
  let done = 0;
  while (done < part.length) {
    const { bytesWritten } = await file.write(part, done, part.length - done, position + done);
    done += bytesWritten;
  }
}

const words: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota of the disk is used up',
  EROFS: 'the data folder is read-only',
  EACCES: 'the data folder may not be written',
  EPERM: 'the data folder may not be written',
  // Making a folder on a disk that is read-only ends so, too.
  ENOENT: 'the data folder is missing or read-only',
  ENOTDIR: 'the data folder is missing or read-only',
};

const whyOf = (error: unknown) => {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return words[code] ?? `the data folder cannot be written (${code})`;
};

async function* digested(source: AsyncIterable<Uint8Array>, digest: Digest) {
  for await (const part of source) {
    digest.add(part);
    yield part;
  }
}

/** Ends with the signal's reason even when the source does not listen; it is then told to end and not waited for. */
async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  signal.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  let abort: (reason: unknown) => void = () => undefined;
  const onAbort = () => abort(signal.reason);
  signal.addEventListener('abort', onAbort);
  let over = false;
  try {
    for (;;) {
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        abort = reject;
        iterator.next().then(resolve, reject);
      });
      over = next.done === true;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    if (!over) iterator.return?.().catch(() => undefined);
  }
}
