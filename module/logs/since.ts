import type { Stage } from '../base/stage.ts';
import { demuxFrames, demuxTty, type Take } from '../docker/demux.ts';
import { secondsAt } from './stamp.ts';

/** The engine cuts longer lines into pieces, each with a timestamp of its own. */
const pieceSize = 16_384;

/** A TTY line that has not ended by then is passed on. */
const longestLine = 4 * 1024 * 1024;

const stampShape = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(?:Z|[+-]\d\d:\d\d) /g;

const marks = { stdout: 1, stderr: 2, engine: 3 } as const;

/**
 * Leaves out what is older than `since` (Unix seconds) from an engine's log body with timestamps, and the timestamps
 * too unless they are wanted. For engines that cannot be asked for `since`.
 */
export function onlySince(tty: boolean, since: number, timestamps: boolean): Stage<Buffer, Buffer> {
  return async function* (source) {
    let out: Buffer[] = [];
    let open: Buffer[] = [];
    let size = 0;

    const whole = (last: Buffer): Buffer => {
      const all = open.length === 0 ? last : Buffer.concat([...open, last]);
      open = [];
      size = 0;
      return all;
    };
    const takeFrame: Take = (stream, chunk, start, end, last) => {
      const part = chunk.subarray(start, end);
      if (!last) return void open.push(part);
      const frame = whole(part);
      const stamp = stampSize(frame, 0);
      if (stream !== 'engine' && isOlder(frame, stamp, since)) return;
      const text = timestamps || stream === 'engine' ? frame : frame.subarray(stamp);
      const header = Buffer.alloc(8);
      header[0] = marks[stream];
      header.writeUInt32BE(text.length, 4);
      out.push(header, text);
    };
    const addLine = (line: Buffer) => {
      for (const entry of entriesOf(line)) {
        const stamp = stampSize(entry, 0);
        if (!isOlder(entry, stamp, since)) out.push(timestamps ? entry : entry.subarray(stamp));
      }
    };
    const takeTty: Take = (_, chunk, start, end) => {
      let at = start;
      for (let lineEnd = chunk.indexOf(0x0a, at) + 1; lineEnd > 0 && lineEnd <= end; ) {
        addLine(whole(chunk.subarray(at, lineEnd)));
        at = lineEnd;
        lineEnd = chunk.indexOf(0x0a, at) + 1;
      }
      if (at === end) return;
      open.push(chunk.subarray(at, end));
      size += end - at;
      if (size > longestLine) addLine(whole(Buffer.alloc(0)));
    };

    const demux = tty ? demuxTty(takeTty) : demuxFrames(takeFrame);
    for await (const chunk of source) {
      demux.push(chunk);
      if (out.length > 0) yield Buffer.concat(out);
      out = [];
    }
    demux.end();
    // What ends in the middle is passed on as it came, so that whoever reads on sees that it did.
    if (tty && open.length > 0) addLine(whole(Buffer.alloc(0)));
    if (out.length > 0) yield Buffer.concat(out);
  };
}

/**
 * What the engine wrote one by one into a line of a TTY: pieces of 16 KiB and, because it ends the last of them without
 * a line break in some versions, what follows them.
 */
function entriesOf(line: Buffer): readonly Buffer[] {
  const first = stampSize(line, 0) + pieceSize;
  if (stampSize(line, first) === 0) return [line];
  const text = line.toString('latin1');
  const starts = [0, ...[...text.matchAll(stampShape)].map(({ index }) => index).filter((at) => at >= first)];
  return starts.map((start, index) => line.subarray(start, starts[index + 1] ?? line.length));
}

function isOlder(text: Buffer, stamp: number, since: number): boolean {
  return stamp > 0 && secondsAt(text, 0, stamp - 1) < since;
}

/** Bytes of the timestamp at this place and the blank after it; 0 when there is none. */
function stampSize(text: Buffer, at: number): number {
  if (text[at + 4] !== 0x2d || text[at + 10] !== 0x54 || text[at + 19] !== 0x2e) return 0;
  const end = text.subarray(at, at + 40).indexOf(0x20);
  return end < 0 ? 0 : end + 1;
}
