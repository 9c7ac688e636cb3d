import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import yauzl from 'yauzl';

/** Unpacks a zip archive in memory, in the order of its entries; throws when it is damaged. */
export async function unzip(zip: Buffer): Promise<Map<string, Buffer>> {
  const file = await new Promise<yauzl.ZipFile>((resolve, reject) => {
    yauzl.fromBuffer(zip, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const open = promisify(file.openReadStream.bind(file) as (entry: yauzl.Entry, done: OpenDone) => void);
  return new Promise((resolve, reject) => {
    const files = new Map<string, Buffer>();
    file.on('entry', (entry: yauzl.Entry) => {
      open(entry)
        .then(async (stream) => {
          files.set(entry.fileName, await buffer(stream));
          file.readEntry();
        })
        .catch(reject);
    });
    file.on('end', () => resolve(files));
    file.on('error', reject);
    file.readEntry();
  });
}

type OpenDone = (error: Error | null, stream: NodeJS.ReadableStream) => void;
