import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { unzip } from './unzip.ts';

/** Something that was written, and where. */
export interface Written {
  readonly place: string;
  readonly content: Buffer;
}

/** Where a secret was found, and in which form. */
export interface Leak {
  readonly place: string;
  readonly secret: string;
  readonly form: string;
}

/** Finds secrets, by name, in what was written: as they are, URL-encoded, in hex and in base64, wherever they begin. */
export function findSecrets(written: readonly Written[], secrets: Readonly<Record<string, string>>): Leak[] {
  const needles = Object.entries(secrets).flatMap(([secret, value]) =>
    formsOf(value).map(([form, text]) => ({ secret, form, bytes: Buffer.from(text) })),
  );
  return written.flatMap(({ place, content }) =>
    needles.filter(({ bytes }) => content.includes(bytes)).map(({ secret, form }): Leak => ({ place, secret, form })),
  );
}

function formsOf(value: string): [form: string, text: string][] {
  if (value.length < 8) throw new Error('A secret of less than 8 characters would be found by chance.');
  const inUrl = encodeURIComponent(value);
  const forms: [string, string][] = [
    ['url-encoded in lower case', inUrl.replace(/%../g, (code) => code.toLowerCase())],
    ['url-encoded twice', encodeURIComponent(inUrl)],
    ['json-escaped', value.replace(/[+/=&]/g, (char) => `\\u00${char.charCodeAt(0).toString(16).toUpperCase()}`)],
    ...encodings('', value),
    ...encodings('url-encoded', inUrl),
  ];
  // What needs no encoding is the same in many forms.
  return [...new Map(forms.reverse().map(([form, text]) => [text, form]))].map(([text, form]) => [form, text]);
}

function encodings(name: string, value: string): [form: string, text: string][] {
  const bytes = Buffer.from(value);
  const named = (form: string) => [name, form].filter(Boolean).join(' in ');
  const forms: [string, string][] = [
    [name || 'raw', value],
    [named('hex'), bytes.toString('hex')],
    [named('utf-16'), Buffer.from(value, 'utf16le').toString('latin1')],
  ];
  for (const before of [0, 1, 2]) {
    // Without the characters at both ends that also depend on what stands beside the secret.
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const text = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    forms.push([named('base64'), text], [named('base64url'), text.replaceAll('+', '-').replaceAll('/', '_')]);
  }
  return forms;
}

/** Every file below a folder; one that goes while it is read counts as not there. */
export async function filesBelow(folder: string): Promise<Written[]> {
  const found = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const written = await Promise.all(
    files.map(async (file) => {
      const content = await readFile(file).catch(() => undefined);
      return content === undefined ? [] : [{ place: relative(folder, file), content }];
    }),
  );
  return written.flat();
}

/** The same with what is inside of gzip and zip, so far as they are whole. */
export async function unpacked(written: readonly Written[]): Promise<Written[]> {
  const inside = await Promise.all(
    written
      .map(async ({ place, content }) => {
        if (content.readUInt16BE(0) === 0x1f8b) return [{ place: `${place} (gunzip)`, content: gunzipSync(content) }];
        if (content.toString('latin1', 0, 2) !== 'PK') return [];
        const files = await unzip(content);
        return [...files].map(([name, file]) => ({ place: `${place} (${name})`, content: file }));
      })
      .map((one) => one.catch((): Written[] => [])),
  );
  return [...written, ...inside.flat()];
}
