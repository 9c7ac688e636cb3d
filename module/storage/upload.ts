import { SupportError } from '../base/errors.ts';
import { inParallel } from '../base/parallel.ts';
import { type BlockList, blockAt, blockCount, openBlockList } from './blocks.ts';
import { openBody } from './body-file.ts';
import { asSupportError, BlobFault } from './fault.ts';
import { numberedName } from './names.ts';
import { Moved, type Session } from './session.ts';
import type { ArchiveRecord, Body, Place } from './spool.ts';

/** So many blocks of an archive are on their way at a time. */
export const blocksInFlight = 2;

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
    const list = await openBlockList(place.blocks, url);
    // An earlier run may have committed and never seen the answer.
    const begun = record.committing === url;
    let commits = 0;
    try {
      await stageMissing(upload, list, name, url);
      if (!begun) {
        record = { ...record, committing: url };
        await save(record);
      }
      const ids = indexes(body.bytes).map(list.id);
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

const indexes = (bytes: number) => Array.from({ length: blockCount(bytes) }, (_, index) => index);

async function stageMissing(upload: Upload, list: BlockList, name: string, url: string): Promise<void> {
  const { session, place, record } = upload;
  const { bytes } = record.body;
  const lengthOf = (index: number) => Math.min(blockAt(index).length, bytes - blockAt(index).start);
  const missing = indexes(bytes).filter((index) => !list.has(index));
  if (missing.length === 0) return;
  let staged = bytes - missing.reduce((sum, index) => sum + lengthOf(index), 0);
  const body = await openBody(place.body);
  try {
    await inParallel(blocksInFlight, missing, async (index) => {
      const block = await body.read(index, bytes);
      await session.request(name, url, (blob) => blob.stage(list.id(index), block, session.signal));
      body.giveBack(block);
      await list.taken(index);
      staged += block.length;
      upload.progress(staged, Math.floor((staged / bytes) * 100));
    });
  } finally {
    await body.close();
  }
}
