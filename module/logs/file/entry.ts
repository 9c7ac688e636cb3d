import { writeStamp } from '../stamp.ts';

/** What decodeEntry found; one object is used for all lines, which have to cost less than a microsecond each. */
export interface Entry {
  /** 0 for an entry that the engine leaves out, too: of no stream, or without text. */
  stream: 0 | 1 | 2;
  /** Where the text ends in `out`. */
  end: number;
  /** Where the entry's timestamp stands in the block. */
  timeAt: number;
  timeEnd: number;
  /** Where the next entry begins in the block. */
  next: number;
}

export const newEntry = (): Entry => ({ stream: 0, end: 0, timeAt: 0, timeEnd: 0, next: 0 });

const head = Buffer.from('{"log":"');
const afterText = Buffer.from('","stream":"std');
const afterStream = Buffer.from('","time":"');
const timeMark = Buffer.from('"time":"');

/** What one letter after a backslash stands for in JSON; 0: nothing. */
const escapes = new Uint8Array(256);
for (const [letter, byte] of Object.entries({ '"': 34, '\\': 92, '/': 47, b: 8, f: 12, n: 10, r: 13, t: 9 }))
  escapes[letter.charCodeAt(0)] = byte;

/**
 * Reads one line of a json-file log, `{"log":"text\n","stream":"stdout","time":"2024-03-01T10:00:00.1Z"}` (moby,
 * daemon/logger/jsonfilelog/jsonlog), and writes its text to `out` from `to` on; it needs no more room there than in
 * the block. The block ends with a line break. Returns false for anything else than what the engine writes.
 */
export function decodeEntry(block: Buffer, at: number, out: Buffer, to: number, entry: Entry): boolean {
  if (!startsWith(block, at, head)) return false;
  let from = at + head.length;
  let place = to;
  for (;;) {
    const byte = block[from] as number;
    if (byte === 0x22) break;
    if (byte === 0x5c) {
      const plain = escapes[block[from + 1] as number] as number;
      if (plain !== 0) {
        out[place++] = plain;
        from += 2;
        continue;
      }
      const unit = unitAt(block, from);
      if (unit < 0) return false;
      from += 6;
      if (unit < 0x80) out[place++] = unit;
      else {
        const low = unit >= 0xd800 && unit < 0xdc00 ? unitAt(block, from) : -1;
        const paired = low >= 0xdc00 && low < 0xe000;
        if (paired) from += 6;
        place = writeCode(out, place, paired ? 0x10000 + ((unit & 0x3ff) << 10) + (low & 0x3ff) : unit);
      }
      continue;
    }
    if (byte < 0x20) return false;
    out[place++] = byte;
    from += 1;
  }
  entry.end = place;
  if (!startsWith(block, from, afterText)) return false;
  from += afterText.length;
  entry.stream = place === to ? 0 : block[from] === 0x6f ? 1 : 2;
  from += 3;
  if (startsWith(block, from, afterStream)) from += afterStream.length;
  else from = skipAttributes(block, from);
  if (from < 0) return false;
  entry.timeAt = from;
  while ((block[from] as number) >= 0x23) from += 1;
  entry.timeEnd = from;
  entry.next = from + 3;
  return block[from] === 0x22 && block[from + 1] === 0x7d && block[from + 2] === 0x0a && from - entry.timeAt >= 20;
}

/** As decodeEntry, for JSON that is written in another way; slow. Names count in any case, as the engine reads them. */
export function parseEntry(block: Buffer, at: number, out: Buffer, to: number, entry: Entry): boolean {
  const next = block.indexOf(0x0a, at) + 1;
  const fields = parsed(block.toString('utf8', at, next));
  const time = fields?.['time'];
  if (fields === undefined || typeof time !== 'string') return false;
  const timeAt = block.lastIndexOf(time, next);
  if (timeAt < at) return false;
  const text = typeof fields['log'] === 'string' ? fields['log'] : '';
  entry.end = to + out.write(text, to);
  entry.stream = text === '' ? 0 : fields['stream'] === 'stdout' ? 1 : fields['stream'] === 'stderr' ? 2 : 0;
  entry.timeAt = timeAt;
  entry.timeEnd = timeAt + time.length;
  entry.next = next;
  return true;
}

/** Bytes to leave free before an entry's text when its timestamp is to be put there. */
export const stampRoom = 31;

/** Puts the entry's timestamp in front of its text, which begins at `to + stampRoom`. Returns where the text ends now. */
export function stampEntry(block: Buffer, out: Buffer, to: number, { timeAt, timeEnd, end }: Entry): number {
  // Only a timestamp with another zone than Z is longer; the engine writes none such.
  const longer = block[timeEnd - 1] === 0x5a ? 0 : 5;
  if (longer > 0) out.copyWithin(to + stampRoom + longer, to + stampRoom, end);
  writeStamp(block, timeAt, timeEnd, out, to);
  return end + longer;
}

/** Where the next entry may begin after `at` on the same line: what a power cut tore was written on to. */
export function nextHead(block: Buffer, at: number, lineEnd: number): number {
  const found = block.indexOf(head, at + 1);
  return found < 0 || found >= lineEnd ? -1 : found;
}

function startsWith(block: Buffer, at: number, text: Buffer): boolean {
  for (let index = 0; index < text.length; index += 1) if (block[at + index] !== text[index]) return false;
  return true;
}

/** The log options `labels`, `env` and `tag` put `"attrs":{…}` before the time, which then is the last of its name. */
function skipAttributes(block: Buffer, from: number): number {
  const lineEnd = block.indexOf(0x0a, from);
  const found = block.lastIndexOf(timeMark, lineEnd);
  return found < from ? -1 : found + timeMark.length;
}

/** The UTF-16 unit of `\uXXXX`, -1 when that does not stand there. */
function unitAt(block: Buffer, at: number): number {
  if (block[at] !== 0x5c || block[at + 1] !== 0x75) return -1;
  let unit = 0;
  for (let place = at + 2; place < at + 6; place += 1) {
    const digit = block[place] as number;
    const value = digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57;
    if (value < 0 || value > 15 || (digit > 0x39 && value < 10)) return -1;
    unit = unit * 16 + value;
  }
  return unit;
}

/** UTF-8; half of a surrogate pair becomes U+FFFD, as in Go. */
function writeCode(out: Buffer, to: number, code: number): number {
  const char = code >= 0xd800 && code < 0xe000 ? 0xfffd : code;
  let place = to;
  if (char < 0x800) out[place++] = 0xc0 | (char >> 6);
  else {
    if (char < 0x10000) out[place++] = 0xe0 | (char >> 12);
    else {
      out[place++] = 0xf0 | (char >> 18);
      out[place++] = 0x80 | ((char >> 12) & 0x3f);
    }
    out[place++] = 0x80 | ((char >> 6) & 0x3f);
  }
  out[place++] = 0x80 | (char & 0x3f);
  return place;
}

function parsed(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [name.toLowerCase(), own]));
  } catch {
    return undefined;
  }
}
