import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { messageOf } from '../base/errors.ts';
import { within } from '../base/time.ts';

/** What a name resolves to where it was looked up, or why it does not. */
export type LookupReading = { readonly durationMs: number } & (
  | { readonly addresses: readonly string[] }
  | { readonly error: string }
);

/** Looks up a name as programs here do. An address is its own answer. Never rejects. */
export async function readAddresses(host: string, limitMs: number, signal: AbortSignal): Promise<LookupReading> {
  const started = performance.now();
  const took = () => ({ durationMs: Math.round(performance.now() - started) });
  if (isIP(host)) return { addresses: [host], ...took() };
  try {
    const found = await within(limitMs, `Looking up ${host}`, () => lookup(host, { all: true }), signal);
    return { addresses: found.map(({ address }) => address), ...took() };
  } catch (error) {
    return { error: messageOf(error), ...took() };
  }
}

/** The addresses of a look-up that is under way; rejects with its error. */
export async function addressesOf(found: Promise<LookupReading>): Promise<readonly string[]> {
  const result = await found;
  if ('error' in result) throw new Error(result.error);
  return result.addresses;
}
