import { type FileHandle, open } from 'node:fs/promises';
import { SupportError } from '../base/errors.ts';
import { blockAt } from './blocks.ts';

/** Reads blocks of a body that lies in the spool. */
export interface BodyFile {
  /** The block of this index, or what there is of it up to `end`; it holds until `giveBack`. */
  read(index: number, end: number): Promise<Buffer>;
  giveBack(block: Buffer): void;
  close(): Promise<void>;
}

/** Opens a body; buffers are used again, because garbage of megabytes makes a process of a small one large. */
export async function openBody(path: string): Promise<BodyFile> {
  const file = await open(path, 'r');
  let free: readonly Buffer[] = [];
  return {
    async read(index, end) {
      const { start, length } = blockAt(index);
      const wanted = Math.min(length, end - start);
      const found = free.find((buffer) => buffer.length >= wanted);
      free = free.filter((buffer) => buffer !== found && buffer.length >= wanted);
      const buffer = found ?? Buffer.allocUnsafeSlow(wanted);
      await readFully(file, buffer.subarray(0, wanted), start);
      return buffer.subarray(0, wanted);
    },
    giveBack: (block) => {
      free = [...free, Buffer.from(block.buffer)];
    },
    close: () => file.close(),
  };
}

/** Fills the buffer from this position; SupportError when the file ends before. */
export async function readFully(file: FileHandle, buffer: Buffer, position: number): Promise<void> {
  for (let done = 0; done < buffer.length; ) {
    const { bytesRead } = await file.read(buffer, done, buffer.length - done, position + done);
    if (bytesRead === 0)
      throw new SupportError('unavailable', 'The archive in the data folder is shorter than it was.');
    done += bytesRead;
  }
}
