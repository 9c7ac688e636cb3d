import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  archive,
  context,
  cut,
  folders,
  mebibyte,
  noise,
  quick,
  sharedBlob,
  storageOf,
  type TestAsk,
  until,
} from './support/archive.ts';

/*
 * A module that was killed leaves what is on disk and whatever its requests brought about. Here a Storage is brought to
 * a point, left as it is (its requests held back, or its body standing still), and another begins on the same folder.
 */

const azurite = sharedBlob();
const newFolder = folders();
const patient = { ...quick, stallMs: 60_000 };

/** The newest of what the archive's blocks list holds. */
async function blocksIn(folder: string): Promise<string[]> {
  const [dir = ''] = await readdir(join(folder, 'spool')).catch(() => []);
  const text = await readFile(join(folder, 'spool', dir, 'blocks'), 'utf8').catch(() => '');
  return text.split('\n').slice(1, -1);
}

const record = async (folder: string) => {
  const [dir = ''] = await readdir(join(folder, 'spool')).catch(() => []);
  return readFile(join(folder, 'spool', dir, 'archive.json'), 'utf8').catch(() => '');
};

/** Begins a delivery that will not end, and goes on when `reached` holds; returns how to end it after all. */
async function abandonAt(folder: string, ask: TestAsk, reached: () => boolean | Promise<boolean>) {
  const task = context(azurite.blob.containerSasUrl());
  const ended = storageOf({ folder, limits: patient })
    .deliver(ask, task)
    .catch(() => undefined);
  await until(reached);
  // Its files are left as they are: what a process that is gone cannot do, this one must not do either.
  return async () => {
    task.stop();
    await ended;
  };
}

/** What a start does: tidy, then the task's work again. */
async function restart(folder: string, ask: TestAsk) {
  // Its requests are counted: one that a busy machine answers late must not be sent again.
  const storage = storageOf({ folder, limits: patient });
  await storage.tidy(new Set([ask.taskId]));
  return storage.deliver(ask, context(azurite.blob.containerSasUrl()));
}

test('killed while the body was being made, it is made again', async () => {
  const folder = await newFolder();
  const body = noise(3 * mebibyte);
  let stands = true;
  const ask = archive(async function* () {
    for await (const part of cut(body)) {
      yield part;
      if (stands && part.byteOffset > body.byteOffset + 2 * mebibyte) await new Promise(() => undefined);
    }
  });
  const end = await abandonAt(folder, ask, async () => (await blocksIn(folder)).length > 0);
  stands = false;
  expect((await restart(folder, ask)).name).toBe(ask.name());
  expect(ask.opened).toBe(2);
  await azurite.expectOne(ask.name(), body);
  await end();
});

test('killed after the body was whole, nothing is made again', async () => {
  const folder = await newFolder();
  const body = noise(3 * mebibyte);
  const ask = archive(body);
  azurite.next('lost', 'lost');
  const end = await abandonAt(folder, ask, async () => (await record(folder)).includes('sha256'));
  await restart(folder, ask);
  expect(ask.opened).toBe(1);
  await azurite.expectOne(ask.name(), body);
  await end();
});

test.each([1, 2, 3])('killed after %i of five blocks, only the others are sent', async (blocks) => {
  const folder = await newFolder();
  const body = noise(5 * mebibyte);
  const ask = archive(body);
  const passed = Array.from({ length: blocks }, () => 'pass' as const);
  azurite.next(...passed, 'lost', 'lost', 'lost', 'lost');
  const end = await abandonAt(
    folder,
    ask,
    async () => (await blocksIn(folder)).length === blocks && (await record(folder)).includes('sha256'),
  );
  azurite.next();
  const before = azurite.blob.requests.length;
  await restart(folder, ask);
  expect(azurite.blob.requests.length - before).toBe(5 - blocks + 1);
  expect(ask.opened).toBe(1);
  await azurite.expectOne(ask.name(), body);
  await end();
});

test('killed before the commit, only the commit is sent', async () => {
  const folder = await newFolder();
  const body = noise(2 * mebibyte);
  const ask = archive(body);
  azurite.next('pass', 'pass', 'lost');
  const sent = azurite.blob.requests.length;
  const end = await abandonAt(folder, ask, async () => (await record(folder)).includes('committing'));
  await until(() => azurite.blob.requests.length === sent + 3);
  const before = azurite.blob.requests.length;
  await restart(folder, ask);
  expect(azurite.blob.requests.length - before).toBe(1);
  await azurite.expectOne(ask.name(), body);
  await end();
});

test('killed after the commit and before that was written down, it is taken for its own', async () => {
  const folder = await newFolder();
  const body = noise(2 * mebibyte);
  const ask = archive(body);
  azurite.next('pass', 'pass', 'unanswered');
  const end = await abandonAt(folder, ask, async () => (await azurite.blobsOf(ask.name())).length === 1);
  expect(await record(folder)).toContain('committing');
  expect(await restart(folder, ask)).toMatchObject({ name: ask.name(), durable: true });
  await azurite.expectOne(ask.name(), body);
  await end();
});

test('without a copy on disk, killed after the commit, the archive that is made again takes its place', async () => {
  const folder = await newFolder();
  const body = noise(2 * mebibyte);
  const ask = archive(body);
  const task = context(azurite.blob.containerSasUrl());
  const desired = { storage: { spoolMegabytes: 0 } };
  azurite.next('pass', 'unanswered');
  const ended = storageOf({ folder, desired, limits: patient })
    .deliver(ask, task)
    .catch(() => undefined);
  await until(async () => (await azurite.blobsOf(ask.name())).length === 1);
  const storage = storageOf({ folder, desired });
  await storage.tidy(new Set([ask.taskId]));
  const stored = await storage.deliver(ask, context(azurite.blob.containerSasUrl()));
  expect(stored.durable).toBe(false);
  expect(ask.opened).toBe(2);
  await azurite.expectOne(ask.name(), body);
  task.stop();
  await ended;
});

test('without a copy on disk the name holds over a restart, whatever time it is then', async () => {
  const folder = await newFolder();
  const desired = { storage: { spoolMegabytes: 0 } };
  let count = 0;
  const taskId = `named-${process.pid}`;
  const ask = archive(noise(1000), {
    taskId,
    name: () => {
      count += 1;
      return `hub.example/named-${process.pid}/at-${count}.zip`;
    },
  });
  const task = context(azurite.blob.containerSasUrl());
  azurite.next('pass', 'unanswered');
  const ended = storageOf({ folder, desired, limits: patient })
    .deliver(ask, task)
    .catch(() => undefined);
  await until(async () => (await azurite.blobsOf(`hub.example/named-${process.pid}/`)).length === 1);
  const next = storageOf({ folder, desired });
  await next.tidy(new Set([taskId]));
  await next.deliver(ask, context(azurite.blob.containerSasUrl()));
  expect(await azurite.blobsOf(`hub.example/named-${process.pid}/`)).toHaveLength(1);
  expect(count).toBe(1);
  task.stop();
  await ended;
});

test('a body that the disk has lost is made again', async () => {
  const folder = await newFolder();
  const body = noise(mebibyte);
  const ask = archive(body);
  await storageOf({ folder }).deliver(ask, context());
  const [dir = ''] = await readdir(join(folder, 'spool'));
  await rm(join(folder, 'spool', dir, 'body'));
  await restart(folder, ask);
  expect(ask.opened).toBe(2);
  await azurite.expectOne(ask.name(), body);
});
