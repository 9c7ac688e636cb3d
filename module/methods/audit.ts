import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { appendFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { within } from '../base/time.ts';
import type { TaskRecord } from '../tasks/record.ts';

/** What is written down of a call, and of the end of a task. No payload: a hash tells equal requests from others. */
export interface AuditEntry {
  /** When it was answered, or ended; ISO 8601. */
  readonly time: string;
  /** As it is documented; `unknown` for a name that there is none of. */
  readonly method: string;
  /** The first 16 hex digits of the SHA-256 of the payload's bytes; nobody asked for a task that began by itself. */
  readonly request?: string;
  /** The call's; the end of a task has none. */
  readonly status?: number;
  readonly seconds: number;
  /** `ok`, or the refusal; of a task `completed`, `cancelled`, or why it failed. */
  readonly outcome: string;
  /** The task that answers for it, or that ended. */
  readonly task?: string;
  /** How often the same came right after it with the same outcome, and when last: who polls leaves one entry. */
  readonly repeated?: number;
  readonly until?: string;
}

/** Who was asked to do what, and what came of it: for whoever has to answer for it later. */
export interface Audit {
  record(entry: Omit<AuditEntry, 'repeated' | 'until'>): void;
  /** Oldest first, a line of JSON each. */
  lines(): readonly string[];
}

/** So many entries are kept. */
const most = 1000;
/** The file is written anew when it has so many lines. */
const mostLines = 3000;
/** A disk that hangs must not hold anything up; milliseconds. */
const writeLimitMs = 2000;
/** Of a repeated entry so many states are not written. */
const unwritten = 60;

/** An entry and its number: of a number the last state counts. */
type Kept = AuditEntry & { readonly n: number };

/** The hash of a payload by which requests are told apart. */
export const requestHash = (payload: Buffer | undefined): string =>
  createHash('sha256')
    .update(payload ?? '')
    .digest('hex')
    .slice(0, 16);

/** A refusal or a failure is quoted so far; characters. */
export const longestOutcome = 300;

/** What came of a task, which was not known yet when its call was answered, if it ever was. */
export function endOfTask(
  { id, method, payloadHash, status, message, seconds = 0 }: TaskRecord,
  now: Date,
): AuditEntry {
  const outcome = status === 'Failed' ? `failed ${JSON.stringify(message)}` : status.toLowerCase();
  return {
    time: now.toISOString(),
    method,
    ...(payloadHash === undefined ? {} : { request: payloadHash }),
    seconds,
    outcome: outcome.slice(0, longestOutcome),
    task: id,
  };
}

/**
 * The journal `audit.jsonl` in this folder. Lines are appended; of those that a crash tore none counts. Without a writable
 * folder it is kept in memory, and one warning says so.
 */
export function openAudit(folder: string, log: Pick<Log, 'warning'>): Audit {
  const path = join(folder, 'audit.jsonl');
  const { kept, torn, written } = load(path);
  // What comes after a line that a crash has torn begins a new one.
  let before = torn ? '\n' : '';
  let lines = written;
  let warned = false;
  let writing = Promise.resolve();

  const write = (line: string) => {
    const append = async () => {
      lines += 1;
      if (lines <= mostLines) {
        await appendFile(path, `${before}${line}`, { mode: 0o600 });
        before = '';
        return;
      }
      await writeFile(`${path}.new`, kept.map(textOf).join(''), { mode: 0o600 });
      await rename(`${path}.new`, path);
      lines = kept.length;
    };
    writing = writing
      .then(() => within(writeLimitMs, 'Writing the audit journal', append))
      .catch((error: unknown) => {
        if (!warned) log.warning(`The audit journal cannot be kept in ${path}: ${messageOf(error)}`);
        warned = true;
      });
  };
  const settle = (entry: Kept | undefined) => {
    if (entry && (entry.repeated ?? 0) % unwritten !== 0) write(textOf(entry));
  };

  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch {
    // Writing says so.
  }
  return {
    record(entry) {
      const last = kept.at(-1);
      if (last && isSame(last, entry)) {
        const again: Kept = { ...last, repeated: (last.repeated ?? 0) + 1, until: entry.time };
        kept[kept.length - 1] = again;
        if ((again.repeated ?? 0) % unwritten === 0) write(textOf(again));
        return;
      }
      settle(last);
      const next: Kept = { n: (last?.n ?? 0) + 1, ...entry };
      kept.push(next);
      makeRoom(kept);
      write(textOf(next));
    },
    lines: () => kept.map(textOf),
  };
}

const textOf = (entry: Kept) => `${JSON.stringify(entry)}\n`;

const isSame = (a: AuditEntry, b: AuditEntry) =>
  (['method', 'request', 'status', 'outcome', 'task'] as const).every((field) => a[field] === b[field]);

/**
 * Entries beyond the most go: the oldest of the method that has the most of them, so that who downloads an archive page by
 * page, or calls whatever ever again, does not wipe out who restarted or removed something.
 */
function makeRoom(kept: Kept[]): void {
  const counts = new Map<string, number>();
  if (kept.length > most) for (const { method } of kept) counts.set(method, (counts.get(method) ?? 0) + 1);
  while (kept.length > most) {
    const [busiest] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a));
    counts.set(busiest, (counts.get(busiest) ?? 0) - 1);
    kept.splice(
      kept.findIndex(({ method }) => method === busiest),
      1,
    );
  }
}

interface Loaded {
  readonly kept: Kept[];
  /** Whether the last line has no end. */
  readonly torn: boolean;
  /** The lines of the file: over restarts, too, it is written anew when it has so many. */
  readonly written: number;
}

function load(path: string): Loaded {
  const found = new Map<number, Kept>();
  let text = '';
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    // Not there yet, or not readable: what comes is written all the same.
  }
  const lines = text.split('\n');
  for (const line of lines) {
    const entry = parse(line);
    if (entry) found.set(entry.n, entry);
  }
  // What was waiting to be written when the file was written anew stands behind newer ones.
  const kept = [...found.values()].sort((a, b) => a.n - b.n);
  makeRoom(kept);
  return { kept, torn: text !== '' && !text.endsWith('\n'), written: lines.length - 1 };
}

function parse(line: string): Kept | undefined {
  try {
    const entry = JSON.parse(line) as Kept;
    return typeof entry.n === 'number' && typeof entry.method === 'string' ? entry : undefined;
  } catch {
    return undefined;
  }
}
