import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Setting, settings } from './settings.ts';

type Variables = Readonly<Record<string, string | undefined>>;

/** So long a secret may be; bytes. */
const longest = 16 * 1024;

/** The environment with the secrets that stand in files, and for each file that was not read one sentence why. */
export interface WithSecrets {
  readonly variables: Variables;
  /** By variable. */
  readonly refused: Readonly<Record<string, string>>;
}

/**
 * Reads the secret settings whose variable with `_FILE` behind it names a file, as images of databases do: a mounted file is
 * not seen in the manifest, in the twin or by `docker inspect`. Without blanks around it the content is the variable's
 * value. What is in the file is never in a message.
 */
export function readSecretFiles(variables: Variables): WithSecrets {
  const read: Record<string, string> = {};
  const refused: Record<string, string> = {};
  for (const { env, secret } of Object.values<Setting>(settings)) {
    const name = `${env}_FILE`;
    const path = variables[name];
    if (!secret || path === undefined || path === '') continue;
    try {
      if (variables[env]) throw new Error(`is not read, because ${env} is set too`);
      read[env] = contentOf(path);
    } catch (error) {
      refused[name] = `${name} ${(error as Error).message}.`;
    }
  }
  return { variables: { ...variables, ...read }, refused };
}

function contentOf(path: string): string {
  const buffer = Buffer.alloc(longest + 1);
  const length = bytesOf(path, buffer);
  if (length > longest) throw new Error(`names ${path}, which has more than ${longest} bytes`);
  const text = buffer.toString('utf8', 0, length).trim();
  if (text === '') throw new Error(`names ${path}, which is empty`);
  return text;
}

/** How many bytes of the file are now in the buffer. A pipe that nobody writes to would be waited for without the flag. */
function bytesOf(path: string, buffer: Buffer): number {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if (!fstatSync(file).isFile()) throw Object.assign(new Error(), { code: 'no file' });
    let length = 0;
    for (let more = -1; more !== 0 && length < buffer.length; length += more) {
      more = readSync(file, buffer, length, buffer.length - length, null);
    }
    return length;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`names ${path}, which cannot be read (${code ?? 'unknown'})`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
