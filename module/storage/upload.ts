import { open } from 'node:fs/promises';
import { SupportError } from '../base/errors.ts';
import { inParallel } from '../base/parallel.ts';
import { type BlockList, blockBytesFor, openBlockList } from './blocks.ts';
import { asSupportError, BlobFault } from './fault.ts';
import { numberedName } from './names.ts';
import { Moved, type Session } from './session.ts';
import type { ArchiveRecord, Body, Place } from './spool.ts';

/** So many blocks of an archive are on their way at a time. */
const blocksInFlight = 2;

/** So often blocks that storage has forgotten are sent again. */
const mostResends = 3;

/** So many names are tried when others' blobs have them. */
const mostNumbers = 100;

export interface Upload {
  readonly place: Place;
  readonly record: ArchiveRecord & { readonly body: Body };
  readonly session: Session;
  /** Writes the record down; it need not succeed. */
  save(record: ArchiveRecord): Promise<void>;
  /** Told as blocks are taken. */
  progress(bytes: number, percent: number): void;
}

/**
 * Brings a spooled archive to storage, from the last block that was taken on: exactly one blob results, also when the
 * answer to a commit got lost. Resolves with the blob's name and address.
 */
export async function uploadArchive(upload: Upload): Promise<{ readonly name: string; readonly url: string }> {
  const { place, session, save } = upload;
  const { body } = upload.record;
  let { record } = upload;
  let resends = 0;
  for (;;) {
    const name = numberedName(record.name, record.number ?? 1);
    const url = session.address(name);
    const list = await openBlockList(place.blocks, { url, bytes: body.bytes, blockBytes: blockBytesFor(body.bytes) });
    // An earlier run may have committed and never seen the answer.
    const begun = record.committing === url;
    let commits = 0;
    try {
      await stageMissing(upload, list, name, url);
      if (!begun) {
        record = { ...record, committing: url };
        await save(record);
      }
      const ids = Array.from({ length: list.count }, (_, index) => list.id(index));
      const options = { headers: record.headers, md5: Buffer.from(body.md5, 'hex'), onlyNew: true };
      await session.request(name, url, (blob) => {
        commits += 1;
        return blob.commit(ids, options, session.signal);
      });
      return { name, url };
    } catch (error) {
      list.close();
      if (error instanceof Moved) continue;
      if (!(error instanceof BlobFault)) throw error;
      if (error.kind === 'forgotten') {
        resends += 1;
        if (resends > mostResends) throw asSupportError(error);
        await list.forget();
        continue;
      }
      if (error.kind !== 'exists') throw error;
      if (await isOurs(upload, name, url, begun || commits > 1)) return { name, url };
      const number = (record.number ?? 1) + 1;
      if (number > mostNumbers)
        throw new SupportError('conflict', `All of ${mostNumbers} names like ${name} are taken.`);
      const { committing: _, ...rest } = record;
      record = { ...rest, number };
      await save(record);
    }
  }
}

/** Whether the blob that has the name is this archive. Where the SAS may not read, what we know of ourselves decides. */
async function isOurs({ session, record }: Upload, name: string, url: string, likely: boolean): Promise<boolean> {
  const found = await session
    .request(name, url, (blob) => blob.look(session.signal))
    .catch((error: unknown) => {
      if (error instanceof BlobFault) return undefined;
      throw error;
    });
  if (found === undefined) return likely;
  const md5 = Buffer.from(record.body.md5, 'hex').toString('base64');
  return found.bytes === record.body.bytes && (found.md5 ?? md5) === md5;
}

async function stageMissing(upload: Upload, list: BlockList, name: string, url: string): Promise<void> {
  const { session, place, record } = upload;
  const missing = list.missing();
  if (missing.length === 0) return;
  const { bytes } = record.body;
  let staged = (list.count - missing.length) * list.blockBytes;
  const file = await open(place.body, 'r');
  const buffers = Array.from({ length: blocksInFlight }, () => Buffer.allocUnsafe(Math.min(list.blockBytes, bytes)));
  try {
    await inParallel(blocksInFlight, missing, async (index) => {
      const buffer = buffers.pop() ?? Buffer.allocUnsafe(list.blockBytes);
      const block = await readBlock(file, buffer, index * list.blockBytes, bytes);
      const id = list.id(index);
      await session.request(name, url, (blob) => blob.stage(id, block, session.signal));
      buffers.push(buffer);
      await list.taken(index);
      staged += block.length;
      upload.progress(Math.min(staged, bytes), Math.min(100, Math.floor((staged / Math.max(1, bytes)) * 100)));
    });
  } finally {
    await file.close();
  }
}

type File = Awaited<ReturnType<typeof open>>;

async function readBlock(file: File, buffer: Buffer, position: number, bytes: number): Promise<Buffer> {
  const length = Math.min(buffer.length, bytes - position);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(buffer, done, length - done, position + done);
    if (bytesRead === 0)
      throw new SupportError('unavailable', 'The archive in the data folder is shorter than it was.');
    done += bytesRead;
  }
  return buffer.subarray(0, length);
}
