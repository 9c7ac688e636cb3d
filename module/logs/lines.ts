import type { Stage } from '../base/stage.ts';
import { demuxFrames, demuxTty, type LogStream, type Take } from '../docker/demux.ts';
import { engineSays, type Losses } from './loss.ts';

export interface Line {
  readonly stream: 'stdout' | 'stderr';
  /** The line as the container wrote it, line break included, after the engine's timestamp if that was asked for. */
  readonly raw: Buffer;
}

/** A longer line is passed on in pieces of about this size, each as a line, and a loss is said. */
const longestLine = 4 * 1024 * 1024;

/** `2024-03-01T10:00:00.243123456Z ` in front of every frame when timestamps were asked for. */
const stampSize = 31;

/**
 * A frame of at least this size without a line break goes on in the next one: the engine cuts at 16 KiB. A smaller one
 * is the last that a container wrote before it ended.
 */
const smallestPiece = 8 * 1024;

/**
 * The engine's log body to batches of lines. The frames into which the engine cuts lines above 16 KiB are joined
 * again, without the timestamps that it puts in front of every one of them.
 */
export function lines(
  tty: boolean,
  timestamps: boolean,
  losses: Losses,
  piece = smallestPiece,
): Stage<Buffer, readonly Line[]> {
  return async function* (source) {
    const assembler = assemble(timestamps && !tty, losses, tty ? 0 : piece);
    const demux = tty ? demuxTty(assembler.take) : demuxFrames(assembler.take);
    for await (const chunk of source) {
      demux.push(chunk);
      const batch = assembler.batch();
      if (batch.length > 0) yield batch;
    }
    const lost = demux.end();
    if (lost !== undefined) losses.say(lost);
    assembler.end();
    const batch = assembler.batch();
    if (batch.length > 0) yield batch;
  };
}

/** What has come of the line that a stream is in, and of the frame that is on its way. */
interface Open {
  readonly frame: Buffer[];
  line: Buffer[];
  size: number;
}

/** Joins frames to lines. With `timestamps`, every frame begins with one, of which only a line's first is kept. */
export function assemble(timestamps: boolean, losses: Losses, piece = smallestPiece) {
  const open: Readonly<Record<LogStream, Open>> = {
    stdout: { frame: [], line: [], size: 0 },
    stderr: { frame: [], line: [], size: 0 },
    engine: { frame: [], line: [], size: 0 },
  };
  let done: Line[] = [];

  const finish = (stream: LogStream, raw: Buffer) => {
    if (stream !== 'engine') done.push({ stream, raw });
    else losses.say(engineSays(raw.subarray(timestamps ? stampLength(raw) : 0).toString()));
  };

  const closeLine = (stream: LogStream) => {
    const { line } = open[stream];
    if (line.length > 0) finish(stream, line.length === 1 ? (line[0] as Buffer) : Buffer.concat(line));
    open[stream].line = [];
    open[stream].size = 0;
  };

  const addFrame = (stream: LogStream, whole: Buffer) => {
    const own = open[stream];
    const stamp = timestamps ? stampLength(whole) : 0;
    const frame = own.size > 0 ? whole.subarray(stamp) : whole;
    let at = 0;
    for (let end = frame.indexOf(0x0a) + 1; end > 0; end = frame.indexOf(0x0a, at) + 1) {
      const part = at === 0 && end === frame.length ? frame : frame.subarray(at, end);
      if (own.size === 0) finish(stream, part);
      else {
        own.line.push(part);
        closeLine(stream);
      }
      at = end;
    }
    if (at === frame.length) return;
    own.line.push(frame.subarray(at));
    own.size += frame.length - at;
    if (whole.length - stamp < piece) return closeLine(stream);
    if (own.size < longestLine) return;
    losses.say(`a line is longer than ${longestLine / 1024 / 1024} MiB and is passed on in pieces`);
    closeLine(stream);
  };

  const take: Take = (stream, chunk, start, end, last) => {
    const piece = chunk.subarray(start, end);
    const { frame } = open[stream];
    if (last && frame.length === 0) return addFrame(stream, piece);
    frame.push(piece);
    if (last) addFrame(stream, Buffer.concat(frame.splice(0)));
  };

  return {
    take,
    /** The lines finished since the last call. */
    batch: (): readonly Line[] => {
      const batch = done;
      done = [];
      return batch;
    },
    /** Passes on what has no line break at the end of the log. */
    end: (): void => {
      for (const stream of ['stdout', 'stderr', 'engine'] as const) {
        const { frame } = open[stream];
        if (frame.length > 0) addFrame(stream, Buffer.concat(frame.splice(0)));
        closeLine(stream);
      }
    },
  };
}

/** How many bytes the engine's timestamp takes at the beginning of a frame or line: 31, or 0 when there is none. */
export function stampLength(frame: Buffer): number {
  const stamped =
    frame.length >= stampSize && frame[10] === 0x54 && frame[19] === 0x2e && frame[29] === 0x5a && frame[30] === 0x20;
  return stamped ? stampSize : 0;
}

/** The engine's timestamp of a line, `2024-03-01T10:00:00.243123456Z`, if it has one. */
export function stampOf(raw: Buffer): string | undefined {
  return stampLength(raw) === 0 ? undefined : raw.toString('latin1', 0, stampSize - 1);
}
