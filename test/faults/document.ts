import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnosis } from './judge.ts';
import type { FaultyState, State } from './state.ts';

/** A line of the table: a planted state and what RunCheck made of it. */
export interface DiagnosisRow {
  readonly id: string;
  readonly fault: string;
  readonly cause: string;
  readonly verdict: string;
  readonly explained: string;
  readonly alarms: string;
}

const file = join(import.meta.dirname, '../../docs/diagnosis.md');
const begin = '<!-- made by test/faults, UPDATE_DOCS=1 writes it -->';
const end = '<!-- end of what test/faults made -->';
const head = [
  '| state | planted | root cause | verdict | effects explained | false alarms |',
  '|---|---|---|---|---|---|',
];

/** The line of a state. */
export function rowOf(state: State & Partial<FaultyState>, { found, explained, alarms }: Diagnosis): DiagnosisRow {
  const missed = state.missedBecause === undefined ? 'missed' : `missed: ${state.missedBecause}`;
  const healthy = alarms.length === 0 ? 'quiet' : 'alarmed';
  return {
    id: state.id,
    fault: state.fault,
    cause: state.cause ?? 'none',
    verdict: state.cause === undefined ? healthy : found ? 'found' : missed,
    explained: explained.join(', ') || 'none',
    alarms: alarms.join(', ') || 'none',
  };
}

/** The lines of the document. Throws when it has no table. */
export function readRows(text: string): DiagnosisRow[] {
  return split(text)
    .between.split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const cells = line.split('|').map((cell) => cell.trim().replaceAll('`', ''));
      const [, id = '', fault = '', cause = '', verdict = '', explained = '', alarms = ''] = cells;
      return { id, fault, cause, verdict, explained, alarms };
    });
}

/** The document with these lines and their sums. */
export function writeRows(text: string, rows: readonly DiagnosisRow[]): string {
  const faulty = rows.filter(({ cause }) => cause !== 'none');
  const missed = faulty.filter(({ verdict }) => verdict.startsWith('missed'));
  const alarms = rows.flatMap((row) => (row.alarms === 'none' ? [] : row.alarms.split(', ')));
  const sums =
    `${faulty.length} faulty states: ${faulty.length - missed.length} found, ${missed.length} missed. ` +
    `${rows.length - faulty.length} healthy ones. False alarms in all: ${alarms.length}.`;
  const code = (names: string) => (names === 'none' ? names : names.replaceAll(/[^, ]+/g, '`$&`'));
  const lines = rows.map(
    (row) =>
      `| \`${row.id}\` | ${row.fault} | ${code(row.cause)} | ${row.verdict} | ${code(row.explained)} | ${code(row.alarms)} |`,
  );
  const { before, after } = split(text);
  return `${before}\n\n${sums}\n\n${[...head, ...lines].join('\n')}\n\n${after}`;
}

/** The table as people look at it in a terminal. */
export function printed(rows: readonly DiagnosisRow[]): string {
  const width = Math.max(...rows.map(({ id }) => id.length));
  return rows
    .map((row) => `${row.id.padEnd(width)}  ${row.verdict}  ${row.cause}; false alarms: ${row.alarms}`)
    .join('\n');
}

/**
 * The rows that the document must have, in the order of the states: those of this run, and as they are written those that
 * were not run. With UPDATE_DOCS=1 they are written; gives back both.
 */
export async function compared(order: readonly string[], found: ReadonlyMap<string, DiagnosisRow>) {
  const text = await readFile(file, 'utf8');
  const written = readRows(text);
  const now = order.flatMap((id) => found.get(id) ?? written.find((row) => row.id === id) ?? []);
  if (process.env['UPDATE_DOCS'] !== '1') return { written: text, now: writeRows(text, now) };
  await writeFile(file, writeRows(text, now));
  return { written: '', now: '' };
}

/** The document before, between and after the marks; the marks are outside. */
function split(text: string) {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error('docs/diagnosis.md has no table between its marks.');
  const start = from + begin.length;
  return { before: text.slice(0, start), between: text.slice(start, to), after: text.slice(to) };
}
