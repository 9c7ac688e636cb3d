import type { Stage } from '../base/stage.ts';
import type { Line } from './lines.ts';
import type { Losses } from './loss.ts';

/** The lines that a tail keeps in memory have at most this many bytes. */
const mostBytes = 16 * 1024 * 1024;

/**
 * Keeps the last `count` lines. Memory is bounded: when they have more than 16 MiB, fewer are kept and a loss is said.
 */
export function lastLines<L extends Line>(
  count: number,
  losses: Losses,
  most = mostBytes,
): Stage<readonly L[], readonly L[]> {
  return async function* (source) {
    const batches: (readonly L[])[] = [];
    let kept = 0;
    let bytes = 0;
    let cut = false;
    const size = (batch: readonly L[]) => batch.reduce((sum, { raw }) => sum + raw.length, 0);
    for await (const batch of source) {
      const last = batch.length > count ? batch.slice(batch.length - count) : batch;
      batches.push(copied(last));
      kept += last.length;
      bytes += size(last);
      while (batches.length > 1 && (kept - (batches[0] as readonly L[]).length >= count || bytes > most)) {
        const dropped = batches.shift() as readonly L[];
        kept -= dropped.length;
        bytes -= size(dropped);
        if (kept < count) cut = true;
      }
    }
    if (cut && kept < count)
      losses.say(`the tail is cut to its last ${kept} lines, since more than ${most / 1024 / 1024} MiB are not kept`);
    let over = kept - count;
    for (const batch of batches) {
      yield over > 0 ? batch.slice(over) : batch;
      over -= batch.length;
    }
  };
}

/** The same lines in memory of their own, so that one kept line does not keep the whole chunk that it came in. */
function copied<L extends Line>(batch: readonly L[]): readonly L[] {
  const whole = Buffer.concat(batch.map(({ raw }) => raw));
  let at = 0;
  return batch.map((line) => {
    const raw = whole.subarray(at, at + line.raw.length);
    at += raw.length;
    return { ...line, raw };
  });
}
