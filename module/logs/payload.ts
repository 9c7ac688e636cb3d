import type { Stage } from '../base/stage.ts';
import { demuxFrames, demuxTty, type Take } from '../docker/demux.ts';
import { engineSays, type Losses } from './loss.ts';

/** Payload is gathered into buffers of this size: small ones would cost more in every later stage than the copying. */
const blockSize = 128 * 1024;

/**
 * The fast path: the engine's log body to the containers' own bytes, both streams in the order of the log, without
 * looking at lines. Yields blocks of 128 KB (the last is smaller).
 */
export function payload(tty: boolean, losses: Losses): Stage<Buffer, Buffer> {
  return async function* (source) {
    const ready: Buffer[] = [];
    let block = Buffer.allocUnsafeSlow(blockSize);
    let used = 0;
    let engine = '';

    const take: Take = (stream, chunk, start, end, last) => {
      if (stream === 'engine') {
        engine += chunk.toString('utf8', start, end);
        if (last) losses.say(engineSays(engine));
        if (last) engine = '';
        return;
      }
      let at = start;
      while (at < end) {
        const copied = chunk.copy(block, used, at, Math.min(end, at + blockSize - used));
        at += copied;
        used += copied;
        if (used < blockSize) continue;
        ready.push(block);
        block = Buffer.allocUnsafeSlow(blockSize);
        used = 0;
      }
    };

    const demux = tty ? demuxTty(take) : demuxFrames(take);
    try {
      for await (const chunk of source) {
        demux.push(chunk);
        yield* ready.splice(0);
      }
    } catch (error) {
      // What came before the fault is passed on before it.
      if (used > 0) yield block.subarray(0, used);
      throw error;
    }
    const lost = demux.end();
    if (lost !== undefined) losses.say(lost);
    if (used > 0) yield block.subarray(0, used);
  };
}
