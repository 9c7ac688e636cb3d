import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One recorded behaviour of edgeAgent; `howToRun` in the file says what the fields mean. */
export interface Vector {
  readonly id: string;
  readonly area: string;
  readonly name: string;
  readonly parity: 'required' | 'quirk';
  readonly input: Readonly<Record<string, unknown>>;
  readonly expected: Readonly<Record<string, unknown>>;
}

interface VectorFile {
  readonly vectors: readonly Vector[];
  readonly sampleLog: readonly { readonly ts: string; readonly stream: string; readonly raw: string }[];
}

const top = join(import.meta.dirname, '..', '..');

export const { vectors, sampleLog } = JSON.parse(
  readFileSync(join(top, 'test/contract/edgeagent-vectors.json'), 'utf8'),
) as VectorFile;

/** The ids in the first column of the table of docs/compatibility.md: where ours is deliberately different. */
export const deviations: ReadonlySet<string> = new Set(
  readFileSync(join(top, 'docs/compatibility.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map((match) => match[1] ?? '')),
);

/** The vectors of an area that must be matched: required ones, without the recorded deviations. */
export function vectorsOf(area: string): Vector[] {
  return vectors.filter((one) => one.area === area && one.parity === 'required' && !deviations.has(one.id));
}
