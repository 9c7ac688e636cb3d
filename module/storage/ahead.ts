import { blockAt, openBlockList } from './blocks.ts';
import { openBody } from './body-file.ts';
import type { Session } from './session.ts';
import { blocksInFlight } from './upload.ts';

/** An upload that runs behind the making of the body. */
export interface Ahead {
  /** So much of the body lies in the file by now. */
  grown(bytes: number): void;
  /** Nothing more is begun; resolves when what is on its way has ended. Never rejects. */
  end(): Promise<void>;
}

/**
 * Sends blocks while the body is still being written. Whatever fails, it just ends: the upload proper, which knows how
 * to wait and what to say, sends what is missing in the list of blocks.
 */
export function startAhead(
  place: { readonly body: string; readonly blocks: string },
  name: string,
  session: Session,
): Ahead {
  let written = 0;
  let ended = false;
  let next = 0;
  let wakers: readonly (() => void)[] = [];
  const wake = () => {
    for (const one of wakers) one();
    wakers = [];
  };
  const reached = async (bytes: number) => {
    while (written < bytes && !ended) {
      await new Promise<void>((resolve) => {
        wakers = [...wakers, resolve];
      });
    }
    return !ended;
  };

  const run = async () => {
    if (!(await reached(1))) return;
    const url = session.address(name);
    const list = await openBlockList(place.blocks, url);
    const body = await openBody(place.body);
    const lane = async () => {
      for (;;) {
        const index = next;
        next += 1;
        const { start, length } = blockAt(index);
        if (!(await reached(start + length))) return;
        const block = await body.read(index, start + length);
        await session.attempt(name, url, (blob) => blob.stage(list.id(index), block, session.signal));
        body.giveBack(block);
        await list.taken(index);
      }
    };
    const lanes = Array.from({ length: blocksInFlight }, () => lane().finally(stop));
    await Promise.allSettled(lanes);
    list.close();
    await body.close();
  };
  const stop = () => {
    ended = true;
    wake();
  };
  const running = run().catch(stop);
  return {
    grown: (bytes) => {
      written = bytes;
      wake();
    },
    end: async () => {
      stop();
      await running;
    },
  };
}
