import { messageOf } from '../../base/errors.ts';
import { assemble, type Line } from '../lines.ts';
import type { Losses } from '../loss.ts';
import { pieces, wholeLines } from './blocks.ts';
import { createDecoder, type Damage, mended, type Wanted } from './decode.ts';
import type { Place } from './search.ts';
import type { Segment } from './segments.ts';

export interface FileReading extends Wanted {
  readonly segments: readonly Segment[];
  /** Closes the files; also done when the signal aborts, since what reads them may never be asked again then. */
  readonly close: () => Promise<void>;
  readonly from: Place;
  /** Whether somebody may be writing the last line of the last file just now. */
  readonly running: boolean;
}

type Take = (stream: 1 | 2, block: Buffer, start: number, end: number) => void;

/** Payload is handed on in blocks of about this size. */
const payloadSize = 128 * 1024;

/** Lines are handed on in batches of about this size, because what runs patterns has a time limit for a batch. */
const linesSize = 64 * 1024;

/** The texts of the wanted entries back to back, in blocks of up to 128 KB. Closes the files when it ends. */
export function filePayload(reading: FileReading, losses: Losses, signal: AbortSignal): AsyncGenerator<Buffer> {
  return texts(reading, payloadSize, losses, signal);
}

/** The wanted entries as lines; those that the engine cut at 16 KiB are whole again. Closes the files when it ends. */
export async function* fileLines(
  reading: FileReading,
  losses: Losses,
  signal: AbortSignal,
): AsyncGenerator<readonly Line[]> {
  const assembler = assemble(reading.timestamps, losses);
  const take: Take = (stream, block, start, end) =>
    assembler.take(stream === 1 ? 'stdout' : 'stderr', block, start, end, true);
  for await (const _ of texts(reading, linesSize, losses, signal, take)) {
    const batch = assembler.batch();
    if (batch.length > 0) yield batch;
  }
  assembler.end();
  const batch = assembler.batch();
  if (batch.length > 0) yield batch;
}

async function* texts(
  reading: FileReading,
  size: number,
  losses: Losses,
  signal: AbortSignal,
  take?: Take,
): AsyncGenerator<Buffer> {
  const damage: Damage = { places: 0, bytes: 0 };
  const decoder = createDecoder(reading, damage);
  let out = Buffer.allocUnsafeSlow(size);
  let used = 0;
  try {
    for await (const read of blocks(reading, size, damage, losses, signal)) {
      const block = mended(read);
      if (block.length > out.length - used) {
        if (used > 0) yield out.subarray(0, used);
        out = Buffer.allocUnsafeSlow(Math.max(size, block.length));
        used = 0;
      }
      const own = out;
      used = decoder.decode(block, own, used, take && ((stream, start, end) => take(stream, own, start, end)));
      if (decoder.done()) break;
    }
    if (used > 0) yield out.subarray(0, used);
    if (damage.places > 0) losses.say(damageText(damage));
  } finally {
    await reading.close();
  }
}

function damageText({ places, bytes }: Damage): string {
  const what = places === 1 ? 'an entry of the log is' : `${places} entries of the log are`;
  return `${what} damaged and left out: ${bytes} bytes of its files`;
}

/** The files' bytes from the given place on, in blocks of whole lines. A file that cannot be read on is a loss. */
async function* blocks(
  { segments, from, running }: FileReading,
  size: number,
  damage: Damage,
  losses: Losses,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  for (const [index, segment] of segments.entries()) {
    if (index < from.segment) continue;
    const left = (bytes: number, open: boolean) => {
      if (open && running && index === segments.length - 1) return;
      damage.places += 1;
      damage.bytes += bytes;
    };
    const first = index === from.segment;
    const whole = wholeLines(pieces(segment, first ? from.offset : 0, size, signal), left);
    try {
      yield* first && from.lines > 0 ? withoutLines(whole, from.lines) : whole;
    } catch (error) {
      signal.throwIfAborted();
      losses.say(`${segment.name.replace(/^[0-9a-f]{64}/, '…')} cannot be read to its end: ${messageOf(error)}`);
    }
  }
}

/** Leaves out so many lines. */
async function* withoutLines(source: AsyncIterable<Buffer>, count: number): AsyncGenerator<Buffer> {
  let left = count;
  for await (const block of source) {
    let at = 0;
    for (; left > 0 && at < block.length; left -= 1) at = block.indexOf(0x0a, at) + 1;
    if (at < block.length) yield block.subarray(at);
  }
}
