import { isUtf8 } from 'node:buffer';
import { hasFraction, secondsAt } from '../stamp.ts';
import { decodeEntry, newEntry, nextHead, parseEntry, stampEntry, stampRoom } from './entry.ts';

/** Which entries, and whether each begins with its timestamp. Times are whole Unix seconds. */
export interface Wanted {
  readonly since?: number;
  readonly until?: number;
  readonly timestamps: boolean;
}

/** What of a log could not be read. */
export interface Damage {
  places: number;
  bytes: number;
}

export interface Decoder {
  /**
   * Writes the wanted texts of a block of whole lines to `out` from `to` on and returns where they end. `take` is told
   * of each: stream (1 stdout, 2 stderr), start and end in `out`. There must be room for as many bytes as the block has.
   */
  decode(block: Buffer, out: Buffer, to: number, take?: (stream: 1 | 2, start: number, end: number) => void): number;
  /** True once an entry was later than `until`: there the engine stops reading, too. */
  done(): boolean;
}

/** Reads entries as the engine does, except that it goes on after damaged ones, which are counted in `damage`. */
export function createDecoder({ since, until, timestamps }: Wanted, damage: Damage): Decoder {
  const entry = newEntry();
  const timed = since !== undefined || until !== undefined;
  const lead = timestamps ? stampRoom : 0;
  let done = false;

  /** Where the line's first readable entry ends up in `entry`; false when there is none. */
  const find = (block: Buffer, at: number, out: Buffer, to: number): boolean => {
    if (decodeEntry(block, at, out, to, entry)) return true;
    if (parseEntry(block, at, out, to, entry)) return true;
    const lineEnd = block.indexOf(0x0a, at);
    for (let head = nextHead(block, at, lineEnd); head >= 0; head = nextHead(block, head, lineEnd)) {
      if (!decodeEntry(block, head, out, to, entry)) continue;
      damage.places += 1;
      damage.bytes += head - at;
      return true;
    }
    damage.places += 1;
    damage.bytes += lineEnd + 1 - at;
    entry.next = lineEnd + 1;
    return false;
  };

  const inWindow = (block: Buffer): boolean => {
    const seconds = secondsAt(block, entry.timeAt, entry.timeEnd);
    if (since !== undefined && seconds < since) return false;
    if (until === undefined || seconds < until) return true;
    done = seconds > until || hasFraction(block, entry.timeAt, entry.timeEnd);
    return !done;
  };

  return {
    done: () => done,
    decode(block, out, to, take) {
      let place = to;
      for (let at = 0; at < block.length && !done; at = entry.next) {
        if (!find(block, at, out, place + lead) || (timed && !inWindow(block)) || entry.stream === 0) continue;
        const end = timestamps ? stampEntry(block, out, place, entry) : entry.end;
        take?.(entry.stream, place, end);
        place = end;
      }
      return place;
    },
  };
}

/** The block with every byte that is not UTF-8 replaced by U+FFFD, as Go's JSON reader does. */
export function mended(block: Buffer): Buffer {
  if (isUtf8(block)) return block;
  const parts: Buffer[] = [];
  for (let at = 0; at < block.length; ) {
    let end = block.indexOf(0x0a, at) + 1;
    if (end === 0) end = block.length;
    const line = block.subarray(at, end);
    parts.push(isUtf8(line) ? line : Buffer.from(mendedLine(line)));
    at = end;
  }
  return Buffer.concat(parts);
}

function mendedLine(line: Buffer): string {
  let text = '';
  for (let at = 0; at < line.length; ) {
    const lead = line[at] as number;
    const size = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const char = line.subarray(at, at + size);
    const whole = isUtf8(char);
    text += whole ? char.toString() : '\ufffd';
    at += whole ? size : 1;
  }
  return text;
}
