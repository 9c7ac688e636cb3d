import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SupportError } from '../base/errors.ts';
import type { Clean } from '../redact/redact.ts';
import { freeBytes } from './room.ts';

/** What was captured of one failure, as it lies in the data folder. */
export interface KeptFailure {
  /** Its folder's name. */
  readonly id: string;
  /** `<time>-<module>`, the time with dashes for colons. */
  readonly name: string;
  readonly module: string;
  readonly bytes: number;
  readonly files: readonly { readonly name: string; readonly path: string; readonly bytes: number }[];
  /** Whether a task was given it to upload. */
  readonly handedOver: boolean;
}

export interface FailureFile {
  readonly name: string;
  /** Small: it is held in memory. */
  readonly body: Clean<Uint8Array>;
}

/** Captured failures in the data folder, within a quota. */
export interface FailureShelf {
  /**
   * Keeps the files of one failure; the oldest make way. They are read one after another. Durable when it resolves.
   * Rejects with a SupportError when there is no room, with the file system's error, or as a body does; then nothing of it
   * is left.
   */
  keep(module: string, at: Date, files: readonly FailureFile[]): Promise<KeptFailure>;
  /** Oldest first; none when there is no data folder. */
  list(): Promise<readonly KeptFailure[]>;
  /** Notes that a task has been given these. */
  handOver(ids: readonly string[]): Promise<void>;
}

export interface FailureShelfParts {
  /** They lie in `failures/` below it. It need not be there, nor be writable. */
  readonly dataFolder: string;
  /** The most that all of them may take, in bytes. */
  readonly most: () => number;
  /** Bytes that are free on the disk of this folder. */
  readonly freeOn?: (folder: string) => Promise<number>;
}

/** They may take this share of what is free without them. */
const share = 0.1;

/** So many are kept, however small: each is some lines of a bundle's manifest. */
const mostKept = 200;

/** What a file takes at the least. */
const diskBlock = 4096;

/** The file that says that a task has it. */
const mark = 'handed-over';

/** Before the name of what is not whole yet; left behind by a crash it counts for nothing. */
const unfinished = 'part-';

/** `<number>_<time>_<module>`: the number says what came first, since the clock may have been set in between. */
const folderShape = /^(\d{8})_([\dTZ.-]+)_([\w.-]+)$/;

export function createFailureShelf({ dataFolder, most, freeOn = freeBytes }: FailureShelfParts): FailureShelf {
  const folder = join(dataFolder, 'failures');
  let last = Promise.resolve();

  const read = async (id: string): Promise<KeptFailure[]> => {
    const [, , time = '', module = ''] = folderShape.exec(id) ?? [];
    if (module === '') return [];
    const names = await readdir(join(folder, id)).catch(() => []);
    const files = await Promise.all(
      names.map(async (name) => {
        const path = join(folder, id, name);
        return { name, path, bytes: (await stat(path).catch(() => undefined))?.size ?? 0 };
      }),
    );
    const bytes = files.reduce((sum, file) => sum + Math.max(diskBlock, file.bytes), 0);
    const own = files.filter(({ name }) => name !== mark);
    return [{ id, name: `${time}-${module}`, module, bytes, files: own, handedOver: own.length < files.length }];
  };

  const list = async (): Promise<readonly KeptFailure[]> => {
    const names = await readdir(folder).catch(() => []);
    return (await Promise.all(names.sort().map(read))).flat();
  };

  /** Takes away what a crash left half-made, and the oldest until there is room; resolves with the next number. */
  const makeRoom = async (bytes: number): Promise<number> => {
    for (const name of await readdir(folder)) {
      if (name.startsWith(unfinished)) await rm(join(folder, name), { recursive: true, force: true });
    }
    const kept = [...(await list())];
    const number = Number(kept.at(-1)?.id.slice(0, 8) ?? 0) + 1;
    let used = kept.reduce((sum, one) => sum + one.bytes, 0);
    const limit = Math.min(most(), share * ((await freeOn(folder)) + used));
    // What would not fit even alone is not worth taking anything away for.
    if (bytes > limit) {
      const text = `It has ${bytes} bytes; there is room for ${Math.floor(limit)} (collectOnFailure.megabytes, and a tenth of what is free on the disk).`;
      throw new SupportError('unavailable', text);
    }
    while (kept.length > 0 && (used + bytes > limit || kept.length >= mostKept)) {
      const oldest = kept.shift();
      if (!oldest) break;
      await rm(join(folder, oldest.id), { recursive: true, force: true });
      used -= oldest.bytes;
    }
    return number;
  };

  const write = async (module: string, at: Date, files: readonly { name: string; bytes: Buffer }[]) => {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const bytes = files.reduce((sum, file) => sum + Math.max(diskBlock, file.bytes.length), 0);
    const number = String(await makeRoom(bytes)).padStart(8, '0');
    const id = `${number}_${at.toISOString().replaceAll(':', '-')}_${module.replace(/[^\w.-]/g, '_').slice(0, 128)}`;
    const part = join(folder, `${unfinished}${id}`);
    try {
      await mkdir(part, { mode: 0o700 });
      for (const { name, bytes: content } of files) await writeDurably(join(part, name), content);
      await syncFolder(part);
      await rename(part, join(folder, id));
      await syncFolder(folder);
    } catch (error) {
      await rm(part, { recursive: true, force: true }).catch(() => undefined);
      throw error;
    }
    const [kept] = await read(id);
    if (!kept) throw new Error(`The folder ${id} cannot be read.`);
    return kept;
  };

  return {
    list,
    keep: async (module, at, files) => {
      const read: { name: string; bytes: Buffer }[] = [];
      for (const { name, body } of files) {
        const parts: Uint8Array[] = [];
        for await (const part of body) parts.push(part);
        read.push({ name, bytes: Buffer.concat(parts) });
      }
      // One after another: each has to know what there is.
      const written = last.then(() => write(module, at, read));
      last = written.then(
        () => undefined,
        () => undefined,
      );
      return written;
    },
    handOver: async (ids) => {
      for (const id of ids) await writeDurably(join(folder, id, mark), Buffer.alloc(0)).catch(() => undefined);
    },
  };
}

async function writeDurably(path: string, content: Buffer): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
