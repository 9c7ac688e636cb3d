import { writeFile } from 'node:fs/promises';
import { zip } from '../../../module/bundle/archive.ts';
import { createRedactor } from '../../../module/redact/redact.ts';

/** As it is: what a zip of others holds is not redacted. */
const asItIs = createRedactor({ key: Buffer.alloc(32), known: () => [] });

/** Writes a zip with these files, in their order. */
export async function writeZip(path: string, files: Readonly<Record<string, string | Buffer>>): Promise<void> {
  async function* parts() {
    for (const [name, content] of Object.entries(files)) {
      const bytes = (async function* () {
        yield Buffer.from(content as string);
      })();
      yield { name, body: asItIs.stream(bytes, 'known'), date: new Date('2026-11-25T12:00:00Z') };
    }
  }
  const all: Uint8Array[] = [];
  for await (const part of zip(parts())) all.push(part);
  await writeFile(path, Buffer.concat(all));
}
