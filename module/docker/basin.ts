/** Gathers what arrives in small pieces into blocks for one reader. */
export interface Basin {
  write(bytes: Buffer, start: number, end: number): void;
  /** Nothing more will come; the reader is given what is there and then the error, if there is one. */
  close(error?: unknown): void;
  /** The reader is behind: nothing should be written until it has taken a block. */
  isFull(): boolean;
  /** To be called once. `onTaken` is called when a block was taken, `onLeft` when the reader stops, in any way. */
  read(onTaken: () => void, onLeft: () => void): AsyncIterable<Buffer>;
}

const blockSize = 64 * 1024;
const mostWaiting = 4;

/** Blocks have 64 KB, the last is smaller; four may wait. */
export function createBasin(): Basin {
  const blocks: Buffer[] = [];
  let block = Buffer.allocUnsafeSlow(blockSize);
  let used = 0;
  let closed: { readonly error?: unknown } | undefined;
  let wake = () => {};

  const push = () => {
    blocks.push(block.subarray(0, used));
    block = Buffer.allocUnsafeSlow(blockSize);
    used = 0;
    wake();
  };

  async function* read(onTaken: () => void, onLeft: () => void): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const next = blocks.shift();
        if (next !== undefined) {
          onTaken();
          yield next;
        } else if (closed !== undefined) {
          if ('error' in closed) throw closed.error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    } finally {
      onLeft();
    }
  }

  return {
    read,
    isFull: () => blocks.length >= mostWaiting,
    write(bytes, start, end) {
      let at = start;
      while (at < end) {
        const copied = bytes.copy(block, used, at, Math.min(end, at + blockSize - used));
        at += copied;
        used += copied;
        if (used === blockSize) push();
      }
    },
    close(error) {
      if (closed !== undefined) return;
      closed = error === undefined ? {} : { error };
      if (used > 0) push();
      wake();
    },
  };
}
