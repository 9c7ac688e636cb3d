import { randomBytes } from 'node:crypto';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';

/** The blocks of one blob that storage has taken, written down as they are taken. */
export interface BlockList {
  id(index: number): string;
  has(index: number): boolean;
  /** Marks a block as taken. That it could not be written down costs no more than sending it again. */
  taken(index: number): Promise<void>;
  /** From here on nothing is written down: a request that comes late must not speak for another list. */
  close(): void;
  /** Begins anew, with other ids. */
  forget(): Promise<void>;
}

const mebibyte = 1 << 20;

/**
 * How a body is cut, whatever its length will be: fine at first, so that little is lost on a slow link, and coarser
 * the longer it gets, since a blob has at most 50,000 blocks and each takes a round trip. These are enough for 1.4 TB.
 */
const cuts: readonly { readonly blocks: number; readonly bytes: number }[] = [
  { blocks: 16, bytes: mebibyte },
  { blocks: 4000, bytes: 4 * mebibyte },
  { blocks: 45_000, bytes: 32 * mebibyte },
];

/** Where the block of this index begins in a body, and how long it is unless the body ends before. */
export function blockAt(index: number): { readonly start: number; readonly length: number } {
  let start = 0;
  let first = 0;
  for (const { blocks, bytes } of cuts) {
    if (index < first + blocks) return { start: start + (index - first) * bytes, length: bytes };
    start += blocks * bytes;
    first += blocks;
  }
  throw new RangeError(`A blob has no block ${index}.`);
}

/** How many blocks a body of so many bytes is cut into. */
export function blockCount(bytes: number): number {
  let rest = bytes;
  let count = 0;
  for (const { blocks, bytes: length } of cuts) {
    const own = Math.min(blocks, Math.ceil(rest / length));
    count += own;
    rest -= own * length;
    if (rest <= 0) return count;
  }
  throw new RangeError(`A blob takes no ${bytes} bytes.`);
}

/** Ids of one blob's blocks must all have the same length; the nonce keeps one archive's apart from another's. */
export function blockId(nonce: string, index: number): string {
  return Buffer.from(`${nonce}-${String(index).padStart(6, '0')}`).toString('base64');
}

export const newNonce = () => randomBytes(6).toString('hex');

/** Opens the list in this file, or begins a new one when it is about another blob than `url` or cannot be read. */
export async function openBlockList(file: string, url: string): Promise<BlockList> {
  const known = await readFile(file, 'utf8').catch(() => '');
  const [head = '', ...lines] = known.split('\n');
  let nonce = nonceOf(head, url);
  // The last line may be half written, or zeros after a power cut: only whole numbers count.
  const whole = nonce === undefined ? [] : lines.slice(0, -1).filter((line) => /^\d{1,6}$/.test(line));
  const done = new Set(whole.map(Number));
  let closed = false;

  const begin = async () => {
    nonce = newNonce();
    done.clear();
    await rm(file, { force: true }).catch(() => undefined);
    await writeFile(file, `${JSON.stringify({ url, nonce })}\n`, { mode: 0o600 }).catch(() => undefined);
  };
  if (nonce === undefined) await begin();
  // What a torn line would run into.
  else if (lines.at(-1) !== '') await appendFile(file, '\n').catch(() => undefined);

  return {
    id: (index) => blockId(nonce ?? '', index),
    has: (index) => done.has(index),
    taken: async (index) => {
      if (closed) return;
      done.add(index);
      await appendFile(file, `${index}\n`).catch(() => undefined);
    },
    close: () => {
      closed = true;
    },
    forget: begin,
  };
}

function nonceOf(head: string, url: string): string | undefined {
  try {
    const found = JSON.parse(head) as { readonly url?: string; readonly nonce?: string };
    return found.url === url && /^[0-9a-f]{12}$/.test(found.nonce ?? '') ? found.nonce : undefined;
  } catch {
    return undefined;
  }
}
