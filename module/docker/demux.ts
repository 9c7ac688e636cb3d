/** Where a piece of a log came from. `engine`: a message of the engine itself, not of the container. */
export type LogStream = 'stdout' | 'stderr' | 'engine';

/**
 * Takes a piece of a payload: `chunk` from `start` to `end`. `last` says that the frame ends here, so that a frame
 * cut by the transport can be put together again.
 */
export type Take = (stream: LogStream, chunk: Buffer, start: number, end: number, last: boolean) => void;

export interface Demux {
  /** Takes the body's next chunk, cut anywhere. */
  push(chunk: Buffer): void;
  /** To be called after the last chunk: a sentence about what is missing, if anything is. */
  end(): string | undefined;
}

const headerSize = 8;

/** By a header's first byte: stdin and stdout, stderr, and `Systemerr`, with which the engine says what went wrong. */
const streams: readonly LogStream[] = ['stdout', 'stdout', 'stderr', 'engine'];

/**
 * Takes apart the engine's log body: frames of an 8 byte header (stream, three zeros, big-endian length) and a payload
 * (Docker API, "ContainerAttach: stream format"). A body that stops having such headers is passed on as it comes.
 */
export function demuxFrames(take: Take): Demux {
  const header = Buffer.alloc(headerSize);
  let have = 0;
  let left = 0;
  let length = 0;
  let stream: LogStream = 'stdout';
  let framed = true;

  const begin = (from: Buffer, at: number): void => {
    const name = streams[from[at] as number];
    if (name === undefined || from[at + 1] || from[at + 2] || from[at + 3]) {
      framed = false;
      take('stdout', Buffer.from(from.subarray(at, at + headerSize)), 0, headerSize, true);
      return;
    }
    stream = name;
    length = from.readUInt32BE(at + 4);
    left = length;
  };

  const readHeader = (chunk: Buffer, at: number): number => {
    if (have === 0 && chunk.length - at >= headerSize) {
      begin(chunk, at);
      return at + headerSize;
    }
    const copied = chunk.copy(header, have, at, at + headerSize - have);
    have = (have + copied) % headerSize;
    if (have === 0) begin(header, 0);
    return at + copied;
  };

  const readPayload = (chunk: Buffer, at: number): number => {
    const end = Math.min(chunk.length, at + left);
    left -= end - at;
    take(stream, chunk, at, end, left === 0);
    return end;
  };

  return {
    push(chunk) {
      let at = 0;
      while (framed && at < chunk.length) at = left > 0 ? readPayload(chunk, at) : readHeader(chunk, at);
      if (at < chunk.length) take('stdout', chunk, at, chunk.length, true);
    },
    end() {
      if (!framed) return 'a part of the log came without frame headers and is passed on as it came';
      if (left > 0) return `the log ends inside a frame: ${left} of its ${length} bytes did not come`;
      if (have > 0) return `the log ends inside a frame header: ${have} of its ${headerSize} bytes came`;
      return undefined;
    },
  };
}

/** A TTY container's log has no frames; all of it is stdout. */
export function demuxTty(take: Take): Demux {
  return {
    push: (chunk) => {
      if (chunk.length > 0) take('stdout', chunk, 0, chunk.length, true);
    },
    end: () => undefined,
  };
}
