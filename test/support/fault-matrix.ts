import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TaskAnswer } from './task.ts';

/** One line of the fault matrix in docs/reliability.md. */
export interface FaultRow {
  readonly id: string;
  readonly fault: string;
  readonly sees: string;
  readonly lost: string;
}

/** What a run of a row found. */
export interface Finding {
  /** The answers of GetTaskStatus and the like that the operator got, in order; or a sentence of what he got instead. */
  readonly sees: readonly (TaskAnswer | string)[];
  /** Exactly what did not arrive; absent: nothing is lost. */
  readonly lost?: string;
}

export interface FaultMatrix {
  /** Defines a test: it brings the fault about, expects what it must, and gives back what was seen. */
  row(id: string, fault: string, run: () => Promise<Finding>, limitMs?: number): void;
  /**
   * Defines the last test of the file: docs/reliability.md must say what this run saw. With UPDATE_DOCS=1 the document is
   * rewritten instead; rows that did not run, or failed, keep what is written there.
   */
  documented(): void;
}

const document = join(import.meta.dirname, '../../docs/reliability.md');

/** The rows of one section of the document, in the order in which they are defined. */
export function faultMatrix(section: string): FaultMatrix {
  const order: string[] = [];
  const found = new Map<string, FaultRow>();
  return {
    row(id, fault, run, limitMs = 30_000) {
      order.push(id);
      test(
        `${id}: ${fault}`,
        async () => {
          const { sees, lost = 'nothing' } = await run();
          found.set(id, { id, fault, sees: sees.map(inWords).join(' → '), lost: withoutVolatile(lost) });
        },
        limitMs,
      );
    },
    documented() {
      test(`docs/reliability.md says of ${section} what this run saw`, async () => {
        const text = await readFile(document, 'utf8');
        const now = merge(readRows(text, section), order, found);
        if (process.env['UPDATE_DOCS'] === '1') await writeFile(document, writeRows(text, section, now));
        else expect(readRows(text, section)).toEqual(now);
      });
    },
  };
}

/** What the document must say: the rows there are, each as this run found it or, if it was not run, as it is written. */
export function merge(
  written: readonly FaultRow[],
  order: readonly string[],
  found: ReadonlyMap<string, FaultRow>,
): FaultRow[] {
  return order.flatMap((id) => found.get(id) ?? written.find((row) => row.id === id) ?? []);
}

const begin = (section: string) => `<!-- rows of ${section}: made by the tests, UPDATE_DOCS=1 writes them -->`;
const end = (section: string) => `<!-- end of ${section} -->`;
const head = ['| row | fault | what the operator sees | what is lost |', '|---|---|---|---|'];

/** The rows of a section's table. Throws when the document has no such section. */
export function readRows(text: string, section: string): FaultRow[] {
  return split(text, section)
    .between.split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, id = '', fault = '', sees = '', lost = ''] = line
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('\\|', '|'));
      return { id: id.replaceAll('`', ''), fault, sees, lost };
    });
}

/** The document with these rows in the section's table. */
export function writeRows(text: string, section: string, rows: readonly FaultRow[]): string {
  const cell = (value: string) => value.replaceAll('|', '\\|');
  const lines = rows.map(
    ({ id, fault, sees, lost }) => `| \`${id}\` | ${cell(fault)} | ${cell(sees)} | ${cell(lost)} |`,
  );
  const { before, after } = split(text, section);
  return `${before}\n\n${[...head, ...lines].join('\n')}\n\n${after}`;
}

/** The document before, between and after the marks of a section; the marks are outside. */
function split(text: string, section: string) {
  const [from, to] = [text.indexOf(begin(section)), text.indexOf(end(section))];
  if (from === -1 || to < from) throw new Error(`docs/reliability.md has no table between the marks of ${section}.`);
  const start = from + begin(section).length;
  return { before: text.slice(0, start), between: text.slice(start, to), after: text.slice(to) };
}

/** An answer as the table shows it. */
function inWords(answer: TaskAnswer | string): string {
  if (typeof answer === 'string') return withoutVolatile(answer);
  const { status, step, message, partial, results = [] } = answer;
  const details = [
    ...(step === undefined ? [] : [step]),
    ...(message ? [message] : []),
    ...(partial === undefined ? [] : [`partial: ${partial.join('; ')}`]),
    ...(results.some(({ durable }) => durable === false) ? ['`durable: false`'] : []),
    ...(results.some(({ kept }) => kept !== undefined) ? ['kept on the device'] : []),
  ];
  return withoutVolatile(`**${status}**${details.length === 0 ? '' : `: ${details.join('; ')}`}`);
}

const volatile: readonly (readonly [RegExp, string])[] = [
  [/\s+/g, ' '],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, 'ID'],
  [/\b\d{4}-\d\d-\d\d(?:T|--| )\d\d[:-]\d\d[:-]\d\d(?:\.\d+)?Z?/g, 'TIME'],
  [/\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b/g, 'HOST'],
  [/\/[\w./-]*\/(?=spool\/|journal\b|tasks\b)/g, 'DATA/'],
  [/\b[0-9a-f]{32,64}\b/g, 'HASH'],
  // Which of these a reset shows as is a matter of microseconds.
  [/\((?:ECONNRESET|EPIPE)\): (?:read|write|socket)[^.]*\./g, '(ECONNRESET).'],
  [/\b\d+(?:\.\d+)?(?=\s?(?:ms|s|min|h|days?|seconds?|minutes?|hours?|B|KB|KiB|MB|MiB|GB|bytes|%)(?![\w]))/g, 'N'],
  [/\b\d+ of \d+\b/g, 'N of N'],
  // Blocks leave while the archive is still collected: which step a cancellation cuts is a matter of moments.
  [/(?<=at this step: )(?:collecting|uploading)[^;]*/g, 'STEP.'],
];

/** A text without what differs from run to run: ids, times, addresses, amounts. */
export function withoutVolatile(text: string): string {
  return volatile.reduce((so, [pattern, name]) => so.replace(pattern, name), text).trim();
}
