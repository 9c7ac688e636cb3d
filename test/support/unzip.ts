import yauzl from 'yauzl';

/** The files of a zip, by name, in the archive's order; rejects when it is not readable to its end. */
export function unzip(archive: Buffer): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const { promise, resolve, reject } = Promise.withResolvers<Map<string, Buffer>>();
  yauzl.fromBuffer(archive, { lazyEntries: true }, (error, zip) => {
    if (error) return reject(error);
    zip.on('error', reject);
    zip.on('end', () => resolve(files));
    zip.on('entry', (entry: yauzl.Entry) => {
      zip.openReadStream(entry, async (fault, stream) => {
        if (fault) return reject(fault);
        const parts: Buffer[] = [];
        try {
          for await (const part of stream) parts.push(part as Buffer);
        } catch (broken) {
          return reject(broken);
        }
        files.set(entry.fileName, Buffer.concat(parts));
        zip.readEntry();
      });
    });
    zip.readEntry();
  });
  return promise;
}
