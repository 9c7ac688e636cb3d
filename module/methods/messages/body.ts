import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { copied } from '../../base/copied.ts';
import type { Redactor, Scope } from '../../redact/redact.ts';

/** What is shown of a message's body: one of the three, and whether it is only the beginning. */
export interface ShownBody {
  /** JSON where it is JSON and whole, else text. */
  readonly body?: unknown;
  /** Bytes that are no text. */
  readonly bodyBase64?: string;
  /** Why it is not shown. */
  readonly bodyWithheld?: string;
  readonly bodyCut?: true;
}

/** A packed body may become so large; IoT Hub's messages have 256 KB. */
const mostUnpacked = 1 << 20;
/** Longer than the secrets that are only known as a whole. */
export const margin = 4096;
/** JSON that is nested deeper stays a text: what walks through it later does so by recursion. */
const deepest = 30;

/** Packed bodies are shown unpacked: packed, nothing in them could be found. */
export function showBody(
  body: Buffer,
  contentEncoding: string,
  bytes: number,
  redactor: Pick<Redactor, 'text'>,
  scope: Scope,
): ShownBody {
  const plain = unpack(body, contentEncoding);
  if (plain === undefined)
    return { bodyWithheld: `it is packed, and does not unpack or has more than ${mostUnpacked} bytes then` };
  // Half a secret looks like none, so that more is redacted than is shown; all of it would take a tenth of a second for
  // the largest messages. The longest characters have three bytes for one of their text.
  const begin = plain.subarray(0, bytes + 3 * margin);
  const cut = begin.length < plain.length;
  const text = textOf(begin, contentEncoding, cut);
  if (text !== undefined) {
    const clean = redactor.text(text, scope);
    return cut ? { ...showText(withoutMargin(clean), bytes), bodyCut: true } : showText(clean, bytes);
  }
  const latin = begin.toString('latin1');
  if (redactor.text(latin, scope) !== latin) return { bodyWithheld: 'it is binary and has a secret in it' };
  const shown = plain.subarray(0, bytes);
  return { bodyBase64: shown.toString('base64'), ...(shown.length < plain.length ? { bodyCut: true } : {}) };
}

/** What stands for a secret may be shorter than it was: what is left out is counted from the end. */
export const withoutMargin = (clean: string) => clean.slice(0, Math.max(0, clean.length - margin));

/** What is different when less of a body is shown. */
export function shorten({ body, bodyBase64 }: ShownBody, bytes: number): ShownBody {
  if (bodyBase64 !== undefined) {
    const all = Buffer.from(bodyBase64, 'base64');
    return all.length <= bytes ? {} : { bodyBase64: all.subarray(0, bytes).toString('base64'), bodyCut: true };
  }
  if (body === undefined) return {};
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return Buffer.byteLength(text) <= bytes ? {} : showText(text, bytes);
}

/**
 * The text of a body; undefined when it is none. The encoding counts where it is one of characters. `part`: the last
 * character may be cut.
 */
export function textOf(body: Buffer, contentEncoding: string, part = false): string | undefined {
  const wide = /^utf-?16(le|be)?$/i.exec(contentEncoding.trim());
  try {
    const text = new TextDecoder(wide ? `utf-16${wide[1] ?? 'le'}` : 'utf-8', { fatal: true }).decode(body, {
      stream: part,
    });
    // Control characters, but for those of a text.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what they are looked for with.
    return /[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

function showText(text: string, bytes: number): ShownBody {
  const all = Buffer.from(text);
  if (all.length > bytes) {
    // A stream's decoder leaves out the character that the cut goes through.
    const body = new TextDecoder().decode(all.subarray(0, bytes), { stream: true });
    return { body, bodyCut: true };
  }
  return { body: jsonIn(text) ?? copied(text) };
}

/** The value of a JSON text, if it can be told as one without a loss: long numbers and escaped letters stay as written. */
function jsonIn(text: string): object | undefined {
  // What stands for a secret has digits, too.
  const own = text.replace(/‹secret:\w+›/g, '');
  if (!/^\s*[[{]/.test(own) || /(?<![.\d])\d{16}|\d[eE][+-]?\d{3}|\\u/.test(own) || depthOf(own) > deepest)
    return undefined;
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

/** How deep brackets are nested, those in strings included. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  for (const letter of text) {
    if (letter === '[' || letter === '{') most = Math.max(most, ++depth);
    else if (letter === ']' || letter === '}') depth -= 1;
  }
  return most;
}

/** gzip is known by its first bytes, whatever is said of it. Undefined when it does not unpack within the limit. */
function unpack(body: Buffer, contentEncoding: string): Buffer | undefined {
  const name = contentEncoding.trim().toLowerCase();
  const gzip = body[0] === 0x1f && body[1] === 0x8b;
  const unpacker = gzip
    ? gunzipSync
    : name === 'deflate'
      ? inflateSync
      : name === 'br'
        ? brotliDecompressSync
        : undefined;
  if (unpacker === undefined) return body;
  try {
    return unpacker(body, { maxOutputLength: mostUnpacked });
  } catch {
    return undefined;
  }
}
