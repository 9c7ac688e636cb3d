import { Unavailable } from '../facts/fact.ts';
import { type FactName, type Facts, readFacts } from '../facts/index.ts';
import type { CollectContext } from './collector.ts';

/** Facts that a collector writes down in files of their own. Rejects with Unavailable, in the fact's words, when one cannot be read. */
export async function readFor<const N extends FactName>(
  { world }: CollectContext,
  names: readonly N[],
  limitMs: number,
  signal: AbortSignal,
): Promise<{ readonly [K in N]: Facts[K] }> {
  const readings = await readFacts(names, world, { limitMs, signal });
  signal.throwIfAborted();
  const values = names.map((name) => {
    const reading = readings[name];
    if ('unavailable' in reading) throw new Unavailable(reading.unavailable, reading.why);
    return [name, reading.value] as const;
  });
  return Object.fromEntries(values) as { readonly [K in N]: Facts[K] };
}
