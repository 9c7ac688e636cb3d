import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContentHeaders } from './storage.ts';

/** What is known of an archive; kept beside its body, and replaced only as a whole. */
export interface ArchiveRecord {
  readonly taskId: string;
  readonly key: string;
  /** As it was asked for; the blob may have a number more. */
  readonly name: string;
  readonly headers: ContentHeaders;
  /** There once the body is whole. */
  readonly body?: Body;
  /** The blob's number, from 2, after another blob had taken the name. */
  readonly number?: number;
  /** The blob, without SAS, whose commit was begun: it may be there although nobody saw the answer. */
  readonly committing?: string;
  /** Storage refused it: it waits for nothing until somebody asks again. */
  readonly refused?: boolean;
  /** Where it was delivered. Without `url` it is kept here. */
  readonly stored?: { readonly url?: string; readonly name: string; readonly durable: boolean };
}

export interface Body {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Hex. */
  readonly md5: string;
  /** ISO 8601, by the device's clock. */
  readonly spooledAt: string;
  readonly about: Readonly<Record<string, unknown>>;
}

/** An archive's own directory in the spool. */
export interface Place {
  readonly dir: string;
  readonly body: string;
  readonly blocks: string;
}

export interface Spool {
  place(taskId: string, key: string): Place;
  /** Makes the directory, readable by nobody else. Rejects with the file system's error. */
  make(place: Place): Promise<void>;
  /** Undefined when there is none, or it cannot be read. */
  read(place: Place): Promise<ArchiveRecord | undefined>;
  /** Durable when it resolves. Rejects with the file system's error, and the record before holds. */
  write(place: Place, record: ArchiveRecord): Promise<void>;
  /** Every archive there is, in no order; of a task, or of all. Those without a readable record have none. */
  list(taskId?: string): Promise<readonly Listed[]>;
  /** Takes away all there is of the archive. */
  remove(place: Place): Promise<void>;
  /** Takes away the body and the list of its blocks; the record stays. */
  removeBody(place: Place): Promise<void>;
}

export interface Listed {
  readonly place: Place;
  readonly record: ArchiveRecord | undefined;
  /** Of the body as it lies there; undefined without one. */
  readonly bodyBytes: number | undefined;
}

/** The archives in the data folder, a directory each: `body`, `archive.json` and the list of blocks that were sent. */
export function createSpool(dataFolder: string): Spool {
  const folder = join(dataFolder, 'spool');
  const at = (dir: string): Place => ({ dir, body: join(dir, 'body'), blocks: join(dir, 'blocks') });
  const read: Spool['read'] = async ({ dir }) => {
    try {
      return JSON.parse(await readFile(join(dir, 'archive.json'), 'utf8')) as ArchiveRecord;
    } catch {
      return undefined;
    }
  };
  return {
    place: (taskId, key) => at(join(folder, `${short(taskId)}-${short(key)}`)),
    make: async ({ dir }) => {
      await mkdir(dir, { recursive: true, mode: 0o700 });
    },
    read,
    write: async ({ dir }, record) => {
      const next = join(dir, 'archive.json.next');
      const file = await open(next, 'w', 0o600);
      try {
        await file.writeFile(JSON.stringify(record));
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(next, join(dir, 'archive.json'));
      await syncFolder(dir);
    },
    list: async (taskId) => {
      const names = await readdir(folder).catch(() => []);
      const own = taskId === undefined ? names : names.filter((name) => name.startsWith(`${short(taskId)}-`));
      return Promise.all(
        own.map(async (name) => {
          const place = at(join(folder, name));
          const body = await stat(place.body).catch(() => undefined);
          return { place, record: await read(place), bodyBytes: body?.size };
        }),
      );
    },
    remove: ({ dir }) => rm(dir, { recursive: true, force: true, maxRetries: 3 }),
    removeBody: async ({ body, blocks }) => {
      await rm(body, { force: true });
      await rm(blocks, { force: true });
    },
  };
}

/** A rename is durable only when the folder is. */
async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Ids and names of modules hold characters that are none of a file's name. */
const short = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 16);
