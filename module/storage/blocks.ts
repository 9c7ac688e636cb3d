import { randomBytes } from 'node:crypto';
import { appendFile, readFile, rm, writeFile } from 'node:fs/promises';

/** What a list of blocks is about: blocks of another blob, or cut otherwise, are of no use. */
export interface BlockPlan {
  /** The blob, without SAS. */
  readonly url: string;
  readonly bytes: number;
  readonly blockBytes: number;
}

/** The blocks of one blob that storage has taken, written down as they are taken. */
export interface BlockList {
  readonly blockBytes: number;
  /** Blocks that the blob is made of. */
  readonly count: number;
  id(index: number): string;
  /** Indexes of blocks that are still to be sent. */
  missing(): number[];
  /** Marks a block as taken. That it could not be written down costs no more than sending it again. */
  taken(index: number): Promise<void>;
  /** From here on nothing is written down: a request that comes late must not speak for another list. */
  close(): void;
  /** Begins anew, with other ids. */
  forget(): Promise<void>;
}

/** Blob Storage takes so many blocks to a blob. */
const mostBlocks = 50_000;

/** The size of blocks for a body of so many bytes: 1 MiB, more only when there would be too many. */
export function blockBytesFor(bytes: number): number {
  const mebibyte = 1 << 20;
  return mebibyte * Math.max(1, Math.ceil(bytes / mebibyte / mostBlocks));
}

/** Ids of one blob's blocks must all have the same length; the nonce keeps one archive's apart from another's. */
export function blockId(nonce: string, index: number): string {
  return Buffer.from(`${nonce}-${String(index).padStart(6, '0')}`).toString('base64');
}

export const newNonce = () => randomBytes(6).toString('hex');

/** Opens the list in this file, or begins a new one when what is there is about something else or cannot be read. */
export async function openBlockList(file: string, plan: BlockPlan): Promise<BlockList> {
  const count = Math.ceil(plan.bytes / plan.blockBytes);
  const known = await readFile(file, 'utf8').catch(() => '');
  const [head = '', ...lines] = known.split('\n');
  let nonce = nonceOf(head, plan);
  // The last line may be half written, or zeros after a power cut: only whole numbers count.
  const done = new Set(
    nonce === undefined
      ? []
      : lines
          .slice(0, -1)
          .filter((line) => /^\d{1,6}$/.test(line))
          .map(Number),
  );

  let closed = false;

  const begin = async () => {
    nonce = newNonce();
    done.clear();
    await rm(file, { force: true }).catch(() => undefined);
    await writeFile(file, `${JSON.stringify({ ...plan, nonce })}\n`, { mode: 0o600 }).catch(() => undefined);
  };
  if (nonce === undefined) await begin();

  return {
    blockBytes: plan.blockBytes,
    count,
    id: (index) => blockId(nonce ?? '', index),
    missing: () => Array.from({ length: count }, (_, index) => index).filter((index) => !done.has(index)),
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

function nonceOf(head: string, plan: BlockPlan): string | undefined {
  try {
    const found = JSON.parse(head) as Partial<BlockPlan & { nonce: string }>;
    const same = found.url === plan.url && found.bytes === plan.bytes && found.blockBytes === plan.blockBytes;
    return same && /^[0-9a-f]{12}$/.test(found.nonce ?? '') ? found.nonce : undefined;
  } catch {
    return undefined;
  }
}
