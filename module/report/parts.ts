import { type Reading, valueOf } from '../facts/fact.ts';
import type { FactName, Facts } from '../facts/index.ts';
import type { BundleResult } from './bundle-result.ts';

/** A fact that was read for the bundle. */
export function factOf<N extends FactName>({ run }: BundleResult, name: N): Facts[N] | undefined {
  const reading = run.readings[name] as Reading<Facts[N]> | undefined;
  return reading && valueOf(reading);
}

/** A file of the bundle, relative to the report. */
export const pathOf = (file: string) => `./${file.split('/').map(encodeURIComponent).join('/')}`;
