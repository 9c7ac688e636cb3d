import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig } from '../../../module/config/config.ts';
import type { Settings } from '../../../module/config/settings.ts';
import { createRedactor } from '../../../module/redact/redact.ts';
import { createStorage, type StorageLimits, type StorageParts } from '../../../module/storage/create.ts';
import type { ArchiveAsk, DeliveryContext, Progress } from '../../../module/storage/storage.ts';
import type { AimedFault } from '../../../sim/blob/aim.ts';
import { type Blob, startBlob } from '../../../sim/blob.ts';

export const quick: StorageLimits = { firstMs: 5, mostMs: 40, stallMs: 300, slowestBytesPerSecond: 1e9 };

const redactor = createRedactor({ key: Buffer.alloc(32), known: () => [] });

export const mebibyte = 1 << 20;

export const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest('hex');

/** Bytes that no compression makes smaller. */
export const noise = (bytes: number) => randomBytes(bytes);

/** Makes folders that are removed after the test file. */
export function folders(): () => Promise<string> {
  const made: string[] = [];
  afterAll(() => Promise.all(made.map((dir) => rm(dir, { recursive: true, force: true }))));
  return async () => {
    const dir = await mkdtemp(join(tmpdir(), 'storage-'));
    made.push(dir);
    return dir;
  };
}

let nextTask = 0;

export interface TestAsk extends ArchiveAsk {
  /** How often the body was begun. */
  readonly opened: number;
}

/** An archive with this body, in parts of 64 KB, or of what the generator yields. */
export function archive(body: Uint8Array | (() => AsyncIterable<Uint8Array>), own: Partial<ArchiveAsk> = {}): TestAsk {
  nextTask += 1;
  const parts = typeof body === 'function' ? body : () => cut(body);
  const count = { opened: 0 };
  const taskId = own.taskId ?? `task-${process.pid}-${nextTask}`;
  return {
    key: 'bundle',
    headers: { contentType: 'application/zip' },
    name: () => `hub.example/device-1/bundle-${taskId}.zip`,
    about: () => ({ files: 3 }),
    ...own,
    taskId,
    open: () => {
      count.opened += 1;
      return redactor.stream(parts(), 'known');
    },
    get opened() {
      return count.opened;
    },
  };
}

export async function* cut(body: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
}

export interface TestContext extends DeliveryContext {
  readonly steps: string[];
  readonly seen: Progress[];
  stop(reason?: Error): void;
  /** ResumeTask, perhaps with a fresh SAS. */
  nudge(sasUrl?: string): void;
}

/** A task's context that collects at once and remembers progress. */
export function context(sasUrl?: string): TestContext {
  const stop = new AbortController();
  const seen: Progress[] = [];
  let current = sasUrl;
  let nudged = Promise.withResolvers<void>();
  return {
    signal: stop.signal,
    collect: (work) => work(new AbortController().signal),
    progress: (progress) => void seen.push(progress),
    sasUrl: () => current,
    nudged: () => nudged.promise,
    seen,
    get steps() {
      return [...new Set(seen.flatMap(({ step }) => step ?? []))];
    },
    stop: (reason = new Error('stopped')) => stop.abort(reason),
    nudge: (fresh = current) => {
      current = fresh;
      nudged.resolve();
      nudged = Promise.withResolvers();
    },
  };
}

export type TestStorageParts = Partial<StorageParts> & {
  readonly folder: string;
  readonly desired?: Readonly<Record<string, unknown>>;
  /** Settings that no twin could have, such as times under their least. */
  readonly overrides?: Partial<Settings>;
};

export function storageOf({ desired = {}, overrides = {}, ...own }: TestStorageParts) {
  const values = { ...resolveConfig({}, desired).values, ...overrides };
  return createStorage({
    env: {},
    variables: {},
    settings: () => values,
    policy: () => values,
    now: () => new Date(),
    remember: () => undefined,
    limits: quick,
    ...own,
  });
}

/** Azurite for a test file, healed after every test. */
export function sharedBlob() {
  let started: Blob | undefined;
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'storage-blob-'));
    started = await startBlob({ dir, address: '127.0.0.1', port: 20_000 + (process.pid % 20_000) });
  }, 30_000);
  afterEach(() => started?.faults.heal());
  afterAll(async () => {
    await started?.stop();
    await rm(dir, { recursive: true, force: true });
  });
  const aims: { lift(): void }[] = [];
  const blob = () => {
    if (!started) throw new Error('Azurite was not started.');
    return started;
  };
  /** Blobs whose name begins as this archive's. */
  const blobsOf = async (name: string) => {
    const start = name.replace(/\.zip$/, '');
    return (await blob().list()).filter((one) => one.name.startsWith(start));
  };
  return {
    /** What becomes of the PUT requests that come next, one after the other; a number is the status of the answer. */
    next(...faults: readonly (AimedFault | 'pass' | number)[]): void {
      for (const aimed of aims.splice(0)) aimed.lift();
      for (const [index, fault] of faults.entries()) {
        const aim = { method: 'PUT', nth: index + 1 };
        if (fault !== 'pass') aims.push(blob().faults.at(aim, typeof fault === 'number' ? { status: fault } : fault));
      }
    },
    get blob() {
      return blob();
    },
    blobsOf,
    /** Exactly one blob is there of this archive, with this content. */
    async expectOne(name: string, body: Buffer) {
      const found = await blobsOf(name);
      expect(found.map(({ size }) => size)).toEqual([body.length]);
      expect(sha256(await blob().download(found[0]?.name ?? ''))).toBe(sha256(body));
    },
  };
}

/** Waits until something holds, at most a few seconds. */
export async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const limit = performance.now() + 5000;
  while (!(await what())) {
    if (performance.now() > limit) throw new Error('What the test waits for did not happen within 5 s.');
    await new Promise((resolve) => setTimeout(resolve, 3));
  }
}

export const waits = (task: TestContext) => task.steps.some((step) => step.startsWith('waiting for storage'));
