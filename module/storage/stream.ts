import { messageOf, SupportError } from '../base/errors.ts';
import { blockId, newNonce } from './blocks.ts';
import { BlobFault } from './fault.ts';
import { rebuffer } from './rebuffer.ts';
import type { CommitOptions } from './remote.ts';
import { Moved, type Session } from './session.ts';

/** Without a copy on disk a block lies in memory until it is taken: as many as are in flight, and the next. */
const blockBytes = 4 << 20;
const blocksInFlight = 2;

/** A blob of which all blocks were taken. */
export interface Streamed {
  readonly url: string;
  commit(options: Omit<CommitOptions, 'onlyNew'>): Promise<void>;
}

/**
 * Sends a body that is not on disk, in bounded memory. The name must be this archive's alone: then the blob that has
 * the name at the commit can only be its own.
 */
export async function streamBlocks(
  session: Session,
  name: string,
  body: AsyncIterable<Uint8Array>,
  progress: (bytes: number) => void,
): Promise<Streamed> {
  const url = session.address(name);
  const nonce = newNonce();
  const ids: string[] = [];
  const inFlight = new Set<Promise<void>>();
  const free = Array.from({ length: blocksInFlight + 1 }, () => Buffer.allocUnsafeSlow(blockBytes));
  const take = () => free.pop() ?? Buffer.allocUnsafeSlow(blockBytes);
  let bytes = 0;
  const send = async (id: string, block: Buffer) => {
    await session.request(name, url, (blob) => blob.stage(id, block, session.signal));
    free.push(Buffer.from(block.buffer as ArrayBuffer));
    bytes += block.length;
    progress(bytes);
  };
  try {
    for await (const block of rebuffer(body, blockBytes, take)) {
      const id = blockId(nonce, ids.length);
      ids.push(id);
      const sending = send(id, block).finally(() => inFlight.delete(sending));
      // Whoever awaits it below hears of it; until then it is not unhandled.
      sending.catch(() => undefined);
      inFlight.add(sending);
      if (inFlight.size >= blocksInFlight) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
  } catch (error) {
    throw lost(error);
  }
  return {
    url,
    commit: async (options) => {
      try {
        await session.request(name, url, (blob) => blob.commit(ids, { ...options, onlyNew: false }, session.signal));
      } catch (error) {
        if (!(error instanceof BlobFault && error.kind === 'exists')) throw lost(error);
      }
    },
  };
}

/** What the spool would survive ends an archive that is not on disk. */
function lost(error: unknown): unknown {
  if (!(error instanceof Moved || error instanceof BlobFault)) return error;
  const text = `The archive went to storage without a copy on disk and is lost: ${messageOf(error)}`;
  return new SupportError('unavailable', text, { cause: error });
}
