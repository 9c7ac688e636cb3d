import { SupportError } from '../base/errors.ts';
import { nearest } from '../base/nearest.ts';
import { type JournalAsk, Unavailable } from '../facts/fact.ts';
import { kernelUnit, systemUnits } from '../facts/system-units.ts';
import type { Services } from './method.ts';

/** What may be asked for. */
const unitNames: readonly string[] = [...Object.keys(systemUnits), kernelUnit];

/** SupportError bad-request for a name that no unit has. */
export function checkUnits(units: readonly string[]): void {
  for (const unit of units) {
    if (unitNames.includes(unit)) continue;
    const near = nearest(unit, unitNames).join(', ');
    throw new SupportError(
      'bad-request',
      `units: there is no "${unit}"; near it: ${near}. All: ${unitNames.join(', ')}.`,
    );
  }
}

/** What of a unit's journal is wanted. */
export type Window = Pick<JournalAsk, 'since' | 'until' | 'lines'>;

/** A unit's journal as it comes. Throws a SupportError `unavailable` where there is no way to it. */
export function unitJournal(
  { world }: Pick<Services, 'world'>,
  unit: string,
  window: Window,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const { probes } = world();
  if (!probes) throw new SupportError('unavailable', 'Without helper containers there is no way to the journal.');
  const own = unit === kernelUnit ? { kernel: true } : { units: systemUnits[unit] ?? [] };
  return worded(probes.journal({ ...own, ...window }, signal));
}

/** What a fact calls unavailable a method answers as such. */
async function* worded(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
    throw new SupportError(error.reason === 'host-access-off' ? 'forbidden' : 'unavailable', error.message);
  }
}

/** The end of a unit's journal, whole lines of at most so many bytes. */
export async function endOfJournal(
  source: AsyncIterable<Uint8Array>,
  mostBytes: number,
): Promise<{ readonly text: string; readonly cut: boolean }> {
  let kept = Buffer.alloc(0);
  let cut = false;
  for await (const part of source) {
    kept = Buffer.concat([kept, part]);
    if (kept.length <= mostBytes) continue;
    cut = true;
    kept = kept.subarray(kept.length - mostBytes);
  }
  const text = kept.toString();
  return { text: cut ? text.slice(text.indexOf('\n') + 1) : text, cut };
}
