import { readFile } from 'node:fs/promises';

/**
 * The variables of `.env`; none when there is no such file. Read as iotedgedev does (python-dotenv), which differs from Node's
 * own parser where passwords are concerned: a `#` begins a comment only behind a blank, and `\"` does not end a text. What
 * cannot be read is refused, because half of a password is worse than none.
 */
export async function readEnvFile(file: string): Promise<Record<string, string | undefined>> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Error(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
  const read = parseEnvFile(text);
  if (typeof read === 'number') {
    throw new Error(`${file} cannot be read: line ${read} must be NAME=value, and a quote must have its second.`);
  }
  return read;
}

const empty = /[^\S\n]*(?:#[^\n]*)?(?:\n|$)/y;
const assignment =
  /[^\S\n]*(?:export[^\S\n]+)?(?<name>[^\s=#'"]+)[^\S\n]*=(?:[^\S\n]*(?:'(?<single>(?:\\[\s\S]|[^'\\])*)'|"(?<double>(?:\\[\s\S]|[^"\\])*)")[^\S\n]*(?:#[^\n]*)?|(?<plain>(?![^\S\n]*['"])[^\n]*))(?:\n|$)/y;
const escapes: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The variables, or the number of the first line that is none. */
function parseEnvFile(file: string): Record<string, string> | number {
  const text = file.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const variables: Record<string, string> = {};
  for (let at = 0; at < text.length; ) {
    empty.lastIndex = at;
    assignment.lastIndex = at;
    const found = empty.exec(text) ?? assignment.exec(text);
    if (found === null) return text.slice(0, at).split('\n').length;
    at += found[0].length;
    const { name, single, double, plain } = found.groups ?? {};
    if (name !== undefined) {
      variables[name] =
        single?.replace(/\\([\\'])/g, '$1') ??
        double?.replace(/\\([\\'"abfnrtv])/g, (_, one: string) => escapes[one] ?? one) ??
        (plain ?? '').replace(/(?<=\s)#.*/, '').trim();
    }
  }
  return variables;
}
