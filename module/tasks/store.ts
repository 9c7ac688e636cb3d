import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { within } from '../base/time.ts';
import type { TaskRecord } from './record.ts';

/** Every task that is remembered, in memory and, where the data folder can be written, on disk. */
export interface TaskStore {
  get(id: string): TaskRecord | undefined;
  /** Oldest first. */
  all(): readonly TaskRecord[];
  /** Keeps this state of a task. Resolves when it is on disk or cannot be; never rejects. */
  put(record: TaskRecord): Promise<void>;
  forget(id: string): void;
  /** Writes the journal anew: what a task no longer holds, such as its sealed request, is then gone from the disk. */
  purge(): Promise<void>;
  /** Whether all that is remembered is on disk. */
  durable(): boolean;
  /** False when the tasks of earlier starts could not be read: there may be more than are known. */
  readonly complete: boolean;
  /** After the writes that are under way. */
  close(): Promise<void>;
}

/** The journal is written anew when it has grown beyond this many bytes. */
const largest = 2 * 1024 * 1024;

/** A write to a disk that hangs must not hold up an acknowledgement. */
const writeLimitMs = 2000;

/**
 * An append-only journal, `tasks.journal` in this folder: one line of JSON for each state of a task, the newest line of
 * an id holds. A crash can tear only the last line, which then counts for nothing; writing anew goes to a second file
 * that takes the journal's place at once. Without a writable folder tasks are kept in memory, and one warning says so.
 */
export function openTaskStore(folder: string, log: Pick<Log, 'warning'>): TaskStore {
  const path = join(folder, 'tasks.journal');
  const { records, complete } = load(path, log);
  let durable = true;
  const failed = (error: unknown) => {
    if (durable) log.warning(`Tasks cannot be kept in ${path}; a restart would forget them: ${messageOf(error)}`);
    durable = false;
  };
  let file: FileHandle | undefined;
  let bytes = 0;
  let closed = false;

  const append = async (line: string) => {
    file ??= await open(path, 'a', 0o600);
    // The line break before it ends a line that an earlier fault left torn.
    await file.appendFile(`\n${line}\n`);
    await file.datasync();
    bytes += line.length;
    // A late write after the end must not leave the file open: Node makes an error of one that nobody closed.
    if (closed) await letGo();
  };
  const letGo = async () => {
    const open = file;
    file = undefined;
    await open?.close();
  };
  const rewrite = async () => {
    await letGo().catch(() => undefined);
    const next = await open(`${path}.new`, 'w', 0o600);
    try {
      await next.writeFile(textOf(records));
      await next.datasync();
    } finally {
      await next.close();
    }
    await rename(`${path}.new`, path);
    bytes = 0;
  };

  let last = Promise.resolve();
  /** Writes go one after the other. */
  const write = (work: () => Promise<void>): Promise<void> => {
    // What an earlier write could not bring to the disk goes with this one.
    last = last
      .then(() => (durable ? work() : rewrite()))
      .then(() => {
        durable = true;
      }, failed);
    const written = last;
    return within(writeLimitMs, 'Writing the journal', () => written).catch(failed);
  };

  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    replaceSync(path, textOf(records));
  } catch (error) {
    failed(error);
  }

  return {
    get: (id) => records.get(id),
    all: () => [...records.values()],
    put: (record) => {
      records.set(record.id, record);
      const line = JSON.stringify(record);
      return write(() => (bytes > largest ? rewrite() : append(line)));
    },
    forget: (id) => void records.delete(id),
    purge: () => write(rewrite),
    durable: () => durable,
    complete,
    close: async () => {
      closed = true;
      await within(writeLimitMs, 'Closing the journal', () => last).catch(() => undefined);
      await letGo();
    },
  };
}

const textOf = (records: ReadonlyMap<string, TaskRecord>) =>
  [...records.values()].map((record) => `${JSON.stringify(record)}\n`).join('');

interface Loaded {
  readonly records: Map<string, TaskRecord>;
  readonly complete: boolean;
}

function load(path: string, log: Pick<Log, 'warning'>): Loaded {
  const records = new Map<string, TaskRecord>();
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const complete = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!complete) {
      log.warning(`The tasks of earlier starts cannot be read from ${path}: ${messageOf(error)}`);
      // It is not replaced by an empty one: whoever mends the disk may want it.
      setAside(path);
    }
    return { records, complete };
  }
  let torn = 0;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const record = parse(line);
    if (record) records.set(record.id, record);
    else torn += 1;
  }
  if (torn > 0) log.warning(`${torn} lines of ${path} were torn by a crash and count for nothing.`);
  return { records, complete: true };
}

function setAside(path: string): void {
  try {
    renameSync(path, `${path}.unreadable`);
  } catch {
    // Then it cannot be replaced either.
  }
}

function parse(line: string): TaskRecord | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && typeof (value as TaskRecord).id === 'string'
      ? (value as TaskRecord)
      : undefined;
  } catch {
    return undefined;
  }
}

function replaceSync(path: string, text: string): void {
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    // Unlike writeSync it does not stop half-way on a disk that is nearly full, but throws.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
}
