import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, open, rename, rm, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import type { Invoke } from './hub.ts';

export interface Wanted {
  readonly taskId: string;
  /** Needed when the task has several archives. */
  readonly key?: string;
  /** Default: the archive's own name, in the current folder. */
  readonly out?: string;
}

export interface Downloaded {
  readonly file: string;
  readonly bytes: number;
  /** Hex; the file was checked against it. */
  readonly sha256: string;
}

/** One answer of DownloadArchive. */
interface Page {
  readonly key: string;
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly offset: number;
  readonly data: string;
  readonly next?: number;
}

/**
 * Puts an archive together from its pages. What a broken download left is gone on with; the file has its name only when
 * it is whole and its sha256 is right. Rejects with an Error that says what went wrong.
 */
export async function download(
  invoke: Invoke,
  { taskId, key, out }: Wanted,
  progress: (done: number, bytes: number, name: string) => void,
): Promise<Downloaded> {
  const ask = (offset: number, of = key) => page(invoke, { taskId, ...(of === undefined ? {} : { key: of }), offset });
  const first = await ask(0);
  const file = resolve(out ?? safeName(first.name));
  if (await exists(file)) throw new Error(`${file} exists already; name another file with --out.`);
  const half = `${file}.${first.sha256.slice(0, 8)}.part`;
  const target = await open(half, 'a', 0o600);
  try {
    let done = (await target.stat()).size;
    if (done > first.bytes) {
      await target.truncate(0);
      done = 0;
    }
    let current = done === 0 ? first : undefined;
    progress(done, first.bytes, first.name);
    while (done < first.bytes) {
      current ??= await ask(done, first.key);
      if (current.sha256 !== first.sha256)
        throw new Error('The archive on the device was replaced by another meanwhile.');
      const data = Buffer.from(current.data, 'base64');
      if (data.length === 0 || current.offset !== done) throw new Error(`The module gave no data at offset ${done}.`);
      await target.writeFile(data);
      done += data.length;
      current = undefined;
      progress(done, first.bytes, first.name);
    }
    await target.sync();
  } finally {
    await target.close();
  }
  const sum = await sha256Of(half);
  if (sum !== first.sha256 || (await stat(half)).size !== first.bytes) {
    await rm(half, { force: true });
    throw new Error(`What came is not what the module has (sha256 ${sum}, expected ${first.sha256}); it was removed.`);
  }
  await rename(half, file);
  return { file, bytes: first.bytes, sha256: sum };
}

async function page(invoke: Invoke, request: object): Promise<Page> {
  const { status, payload } = await invoke('DownloadArchive', request);
  if (status === 200) return payload as Page;
  const { message } = (payload ?? {}) as { readonly message?: string };
  throw new Error(message ?? `The module answered ${status} without saying why.`);
}

/** The last part of the blob's name, as a file's name: it comes from a device. */
const safeName = (name: string) =>
  basename(name)
    .replace(/[^\w.-]/g, '_')
    .replace(/^\.+/, '_') || 'archive';

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

async function sha256Of(file: string): Promise<string> {
  const sum = createHash('sha256');
  for await (const part of createReadStream(file)) sum.update(part as Buffer);
  return sum.digest('hex');
}
