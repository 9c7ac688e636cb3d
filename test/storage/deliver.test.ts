import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SupportError } from '../../module/base/errors.ts';
import { resolveConfig } from '../../module/config/config.ts';
import type { StorageCounts } from '../../module/storage/storage.ts';
import {
  archive,
  context,
  cut,
  folders,
  mebibyte,
  noise,
  quick,
  sha256,
  sharedBlob,
  storageOf,
  until,
  waits,
} from './support/archive.ts';

const azurite = sharedBlob();
const newFolder = folders();

test('an archive arrives whole, declared as it was asked for, and is delivered once', async () => {
  const { blob } = azurite;
  const folder = await newFolder();
  const body = noise(3 * mebibyte + 17);
  const ask = archive(body, { headers: { contentType: 'text/plain', contentEncoding: 'gzip' } });
  const task = context(blob.containerSasUrl());
  const storage = storageOf({ folder });
  const stored = await storage.deliver(ask, task);
  expect(stored).toEqual({
    name: ask.name(),
    url: `${blob.containerUrl}/${ask.name()}`,
    bytes: body.length,
    sha256: sha256(body),
    durable: true,
    about: { files: 3 },
  });
  await azurite.expectOne(ask.name(), body);
  expect((await azurite.blobsOf(ask.name()))[0]).toMatchObject({ contentType: 'text/plain', contentEncoding: 'gzip' });
  expect(task.seen.at(-1)).toMatchObject({ percent: 100, bytes: body.length });
  const before = blob.requests.length;
  expect(await storage.deliver(ask, task)).toEqual(stored);
  expect(await storageOf({ folder }).deliver(ask, task)).toEqual(stored);
  expect(ask.opened).toBe(1);
  expect(blob.requests.length).toBe(before);
});

test.each([0, 1, mebibyte, mebibyte + 1])('an archive of %i bytes arrives', async (bytes) => {
  const body = noise(bytes);
  const ask = archive(body);
  await storageOf({ folder: await newFolder() }).deliver(ask, context(azurite.blob.containerSasUrl()));
  await azurite.expectOne(ask.name(), body);
});

test('after a restart the target that the twin names is waited for: what counted on it is not just kept', async () => {
  const { blob } = azurite;
  const ask = archive(noise(1000));
  const twin = Promise.withResolvers<void>();
  const known = { target: '', read: false };
  const storage = storageOf({
    folder: await newFolder(),
    settings: () => resolveConfig({}, { storage: { sasUrl: known.target } }).values,
    settingsRead: () => (known.read ? undefined : twin.promise),
  });
  const task = context(undefined);
  const delivery = storage.deliver(ask, task);
  await until(() => task.seen.some(({ step }) => step?.startsWith('waiting for the settings in the twin')));
  Object.assign(known, { target: blob.containerSasUrl(), read: true });
  twin.resolve();
  expect(await delivery).toMatchObject({ url: `${blob.containerUrl}/${ask.name()}` });
});

test('a storage that is gone is waited for, and the answer is what the task says it waits for', async () => {
  const { blob } = azurite;
  const body = noise(1000);
  const ask = archive(body);
  await blob.faults.gone();
  const task = context(blob.containerSasUrl());
  const delivery = storageOf({ folder: await newFolder() }).deliver(ask, task);
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(task.steps.at(-1)).toMatch(
    /^waiting for storage: Blob Storage at 127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\): connect/,
  );
  await blob.faults.heal();
  await delivery;
  await azurite.expectOne(ask.name(), body);
});

test('ResumeTask ends the wait at once', async () => {
  const { blob } = azurite;
  const ask = archive(noise(1000));
  await blob.faults.gone();
  const task = context(blob.containerSasUrl());
  const storage = storageOf({ folder: await newFolder(), limits: { ...quick, firstMs: 60_000, mostMs: 60_000 } });
  const delivery = storage.deliver(ask, task);
  await until(() => waits(task));
  await blob.faults.heal();
  const started = performance.now();
  task.nudge();
  await delivery;
  expect(performance.now() - started).toBeLessThan(2000);
});

test('an archive that has waited as long as it may is given up and removed', async () => {
  const { blob } = azurite;
  const folder = await newFolder();
  await blob.faults.gone();
  const ask = archive(noise(1000));
  const settings = { storageKeepFor: 0.1 };
  const storage = storageOf({ folder, overrides: settings });
  await expect(storage.deliver(ask, context(blob.containerSasUrl()))).rejects.toThrow(
    /^Storage could not be reached for as long as archives wait \(storage\.keepFor\), so it was removed: Blob Storage at/,
  );
  expect(await storage.kept(ask.taskId)).toEqual([]);
  expect(await readdir(join(folder, 'spool'))).toEqual([]);
});

test('a refusal is told at once; a fresh SAS delivers what was spooled', async () => {
  const { blob } = azurite;
  const folder = await newFolder();
  const body = noise(2 * mebibyte);
  const ask = archive(body);
  const task = context(blob.containerSasUrl().replace(/sig=[^&]*/, 'sig=d3Jvbmc%3D'));
  await expect(storageOf({ folder }).deliver(ask, task)).rejects.toThrow(
    /^Blob Storage at 127\.0\.0\.1:\d+ refused the upload \(AuthorizationFailure|AuthenticationFailed\)/,
  );
  const storage = storageOf({ folder });
  await storage.tidy(new Set([ask.taskId]));
  expect(await storage.kept(ask.taskId)).toMatchObject([{ key: 'bundle', bytes: body.length, sha256: sha256(body) }]);
  task.nudge(blob.containerSasUrl());
  await storage.deliver(ask, task);
  expect(ask.opened).toBe(1);
  await azurite.expectOne(ask.name(), body);
});

test('what storage does is counted once: made, sent, and what came of it', async () => {
  const { blob } = azurite;
  const folder = await newFolder();
  const seen = { collected: 0, uploaded: 0, delivered: [] as string[] };
  const counted: StorageCounts = {
    collected: (bytes) => {
      seen.collected += bytes;
    },
    uploaded: (bytes) => {
      seen.uploaded += bytes;
    },
    delivered: (outcome) => void seen.delivered.push(outcome),
  };
  const storage = storageOf({ folder, counted });
  const body = noise(mebibyte + 5);
  const ask = archive(body);
  const task = context(blob.containerSasUrl().replace(/sig=[^&]*/, 'sig=d3Jvbmc%3D'));
  await expect(storage.deliver(ask, task)).rejects.toThrow('refused the upload');
  expect(seen).toEqual({ collected: body.length, uploaded: 0, delivered: ['failed'] });
  expect(await storage.spoolBytes()).toBe(body.length);
  task.nudge(blob.containerSasUrl());
  await storage.deliver(ask, task);
  await storage.deliver(ask, task);
  expect(seen).toEqual({ collected: body.length, uploaded: body.length, delivered: ['failed', 'uploaded'] });
  await storage.discard(ask.taskId);
  expect(await storage.spoolBytes()).toBe(0);
  await storage.deliver(archive(noise(7)), context(undefined));
  const hanging = async function* () {
    yield noise(1000);
    await new Promise(() => undefined);
  };
  const stopped = context(blob.containerSasUrl());
  setTimeout(stopped.stop, 50);
  await expect(storage.deliver(archive(hanging), stopped)).rejects.toThrow('stopped');
  await until(() => seen.delivered.length === 4);
  expect(seen.delivered.slice(2)).toEqual(['kept', 'cancelled']);
});

test('a missing container is refused with a hint', async () => {
  const url = azurite.blob.containerSasUrl().replace('/support?', '/nothere?');
  const delivery = storageOf({ folder: await newFolder() }).deliver(archive(noise(10)), context(url));
  await expect(delivery).rejects.toThrow(/refused the upload \(.*Check/);
});

test('a SAS that ran out while the archive waited asks for a fresh one', async () => {
  const { blob } = azurite;
  const folder = await newFolder();
  const body = noise(1000);
  const ask = archive(body);
  const expiresOn = new Date(Date.now() + 1500);
  const task = context(blob.containerSasUrl({ expiresOn }));
  await blob.faults.gone();
  const storage = storageOf({ folder });
  await expect(storage.deliver(ask, task)).rejects.toThrow(
    /^The SAS in sasUrl has expired or was revoked while the archive waited \(it ends at .*\); the archive is kept: give a fresh one with ResumeTask\./,
  );
  await blob.faults.heal();
  task.nudge(blob.containerSasUrl());
  await storage.deliver(ask, task);
  expect(ask.opened).toBe(1);
  await azurite.expectOne(ask.name(), body);
});

test('a name that another blob has is left alone: the archive takes the next', async () => {
  const name = 'hub.example/device-1/taken.zip';
  const bodies = [noise(mebibyte + 1), noise(mebibyte + 2), noise(mebibyte + 3)];
  const storage = storageOf({ folder: await newFolder() });
  const names: string[] = [];
  for (const body of bodies) {
    const task = context(azurite.blob.containerSasUrl());
    names.push((await storage.deliver(archive(body, { name: () => name }), task)).name);
  }
  expect(names).toEqual([name, name.replace('.zip', '-2.zip'), name.replace('.zip', '-3.zip')]);
  for (const [index, body] of bodies.entries()) {
    expect(sha256(await azurite.blob.download(names[index] ?? ''))).toBe(sha256(body));
  }
});

test('where the SAS may read, a lost answer to a commit under a taken name is told apart', async () => {
  const name = 'hub.example/device-1/read.zip';
  const storage = storageOf({ folder: await newFolder() });
  const first = noise(1000);
  await storage.deliver(archive(first, { name: () => name }), context(azurite.blob.containerSasUrl()));
  const second = noise(1000);
  azurite.next('pass', 'reset');
  const task = context(azurite.blob.containerSasUrl({ permissions: 'rcw' }));
  const stored = await storage.deliver(archive(second, { name: () => name }), task);
  expect(stored.name).toBe('hub.example/device-1/read-2.zip');
  expect(sha256(await azurite.blob.download(stored.name))).toBe(sha256(second));
  expect(sha256(await azurite.blob.download(name))).toBe(sha256(first));
});

test('a target that changes on the way gets the whole archive', async () => {
  const { blob } = azurite;
  const body = noise(3 * mebibyte);
  const ask = archive(body);
  const url = blob.containerSasUrl().replace('/support?', '/elsewhere?');
  azurite.next('pass', 'pass', 503, 503);
  const task = context(url.replace('/elsewhere?', '/support?'));
  const original = task.progress;
  Object.assign(task, {
    progress: (progress: { step?: string }) => {
      if (progress.step?.startsWith('waiting')) task.nudge(`${blob.containerSasUrl().replace('?', '/sub?')}`);
      original(progress);
    },
  });
  const stored = await storageOf({ folder: await newFolder() }).deliver(ask, task);
  expect(stored.url).toBe(`${blob.containerUrl}/sub/${ask.name()}`);
  expect(sha256(await blob.download(`sub/${ask.name()}`))).toBe(sha256(body));
  expect(await azurite.blobsOf(ask.name())).toEqual([]);
});

test('blocks that storage has forgotten are sent again', async () => {
  const { blob } = azurite;
  const folder = await newFolder();
  const body = noise(3 * mebibyte);
  const ask = archive(body);
  await blob.faults.gone();
  const task = context(blob.containerSasUrl());
  const first = storageOf({ folder });
  const delivery = first.deliver(ask, task);
  await until(() => waits(task));
  task.stop();
  await expect(delivery).rejects.toThrow('stopped');
  await blob.faults.heal();
  // As a list that survived a week, while storage threw the blocks away.
  const [dir = ''] = await readdir(join(folder, 'spool'));
  const file = join(folder, 'spool', dir, 'blocks');
  await writeFile(file, `${(await readFile(file, 'utf8')).split('\n')[0]}\n0\n1\n2\n`);
  await storageOf({ folder }).deliver(ask, context(blob.containerSasUrl()));
  expect(ask.opened).toBe(1);
  await azurite.expectOne(ask.name(), body);
});

test('what the body throws is the error, and nothing of it stays', async () => {
  const folder = await newFolder();
  const failing = async function* () {
    yield* cut(noise(mebibyte));
    throw new SupportError('unavailable', 'The engine went away.');
  };
  const storage = storageOf({ folder });
  const ask = archive(failing);
  await expect(storage.deliver(ask, context(azurite.blob.containerSasUrl()))).rejects.toThrow('The engine went away.');
  expect(await readdir(join(folder, 'spool'))).toEqual([]);
});

test('a body that stands still is left at a stop, within a moment', async () => {
  const folder = await newFolder();
  const hanging = async function* () {
    yield noise(1000);
    await new Promise(() => undefined);
  };
  const task = context(azurite.blob.containerSasUrl());
  const delivery = storageOf({ folder }).deliver(archive(hanging), task);
  setTimeout(task.stop, 50);
  const started = performance.now();
  await expect(delivery).rejects.toThrow('stopped');
  expect(performance.now() - started).toBeLessThan(1000);
});

test('discard takes away everything, also while it is being written', async () => {
  const folder = await newFolder();
  const storage = storageOf({ folder });
  const slow = async function* () {
    for (;;) {
      yield noise(300_000);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const ask = archive(slow);
  const delivery = storage.deliver(ask, context(azurite.blob.containerSasUrl()));
  const refused = expect(delivery).rejects.toThrow('The task was discarded.');
  await new Promise((resolve) => setTimeout(resolve, 60));
  const [dir = ''] = await readdir(join(folder, 'spool'));
  expect((await stat(join(folder, 'spool', dir, 'body'))).size).toBeGreaterThan(0);
  await storage.discard(ask.taskId);
  await refused;
  expect(await readdir(join(folder, 'spool'))).toEqual([]);
});
