import { open } from 'yauzl';

/** A zip that was opened. Its files are read one at a time, in any order. */
export interface Zip extends AsyncDisposable {
  readonly files: readonly ZippedFile[];
}

export interface ZippedFile {
  readonly name: string;
  /** As the archive says; what comes out can not be more. */
  readonly bytes: number;
  readonly date: Date;
  /** The file's bytes as they come; rejects when they are damaged, or more than the archive says. */
  read(): AsyncIterable<Uint8Array>;
}

/** No bundle has more than this, unpacked: an archive that claims it is none. */
const mostBytes = 50e9;
const mostFiles = 100_000;

/**
 * Opens a zip and reads its list of files. Rejects with an Error of one sentence for one that is damaged, encrypted, too
 * large, or has names that lead elsewhere or stand twice.
 */
export async function openZip(path: string, limitBytes = mostBytes): Promise<Zip> {
  const zip = await opened(path);
  const files = new Map<string, ZippedFile>();
  let bytes = 0;
  try {
    for await (const entry of entriesOf(zip)) {
      const { fileName: name, uncompressedSize } = entry;
      if (name.endsWith('/')) continue;
      if (entry.isEncrypted()) throw new Error(`${name} is encrypted`);
      if (files.has(name)) throw new Error(`${name} stands in it twice`);
      bytes += uncompressedSize;
      if (bytes > limitBytes) throw new Error(`unpacked it has more than ${limitBytes / 1e9} GB`);
      if (files.size >= mostFiles) throw new Error(`it has more than ${mostFiles} files`);
      const read = () => contentOf(zip, entry, path);
      files.set(name, { name, bytes: uncompressedSize, date: entry.getLastModDate(), read });
    }
  } catch (error) {
    zip.close();
    throw new Error(`${path} cannot be used: ${(error as Error).message.replace(/\.$/, '')}.`);
  }
  return { files: [...files.values()], [Symbol.asyncDispose]: async () => zip.close() };
}

type Opened = Awaited<ReturnType<typeof opened>>;
type Entry = Parameters<Opened['openReadStream']>[0];

function opened(path: string) {
  const { promise, resolve, reject } = Promise.withResolvers<import('yauzl').ZipFile>();
  open(path, { lazyEntries: true, autoClose: false }, (error, zip) => {
    if (!error) return resolve(zip);
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'there is no such file' : (code ?? error.message.replace(/\.$/, ''));
    reject(new Error(`${path} cannot be opened as a zip: ${why}.`));
  });
  return promise;
}

async function* entriesOf(zip: Opened): AsyncGenerator<Entry> {
  for (let left = zip.entryCount; left > 0; left -= 1) {
    const { promise, resolve, reject } = Promise.withResolvers<Entry>();
    zip.once('entry', resolve);
    zip.once('error', reject);
    zip.readEntry();
    try {
      yield await promise;
    } finally {
      zip.off('entry', resolve);
      zip.off('error', reject);
    }
  }
}

async function* contentOf(zip: Opened, entry: Entry, path: string): AsyncGenerator<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<NodeJS.ReadableStream>();
  zip.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  try {
    yield* (await promise) as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw new Error(`${entry.fileName} in ${path} is damaged: ${(error as Error).message.replace(/\.$/, '')}.`);
  }
}

/** A file's text. Rejects for one of more than `limitBytes`. */
export async function textOf(file: ZippedFile, limitBytes = 64e6): Promise<string> {
  if (file.bytes > limitBytes) throw new Error(`${file.name} is larger than ${limitBytes / 1e6} MB.`);
  const parts: Uint8Array[] = [];
  for await (const part of file.read()) parts.push(part);
  return Buffer.concat(parts).toString();
}
