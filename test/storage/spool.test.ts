import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  archive,
  context,
  folders,
  mebibyte,
  noise,
  sha256,
  sharedBlob,
  storageOf,
  until,
  waits,
} from './support/archive.ts';

const azurite = sharedBlob();
const newFolder = folders();

test('files are for nobody else to read', async () => {
  const folder = await newFolder();
  const storage = storageOf({ folder });
  await storage.deliver(archive(noise(1000)), context(azurite.blob.containerSasUrl()));
  const [dir = ''] = await readdir(join(folder, 'spool'));
  expect((await stat(join(folder, 'spool', dir))).mode & 0o777).toBe(0o700);
  for (const name of await readdir(join(folder, 'spool', dir))) {
    expect((await stat(join(folder, 'spool', dir, name))).mode & 0o777).toBe(0o600);
  }
});

test('no file of the spool holds the SAS', async () => {
  const folder = await newFolder();
  const url = azurite.blob.containerSasUrl();
  await storageOf({ folder }).deliver(archive(noise(1000)), context(url));
  const [dir = ''] = await readdir(join(folder, 'spool'));
  for (const name of await readdir(join(folder, 'spool', dir))) {
    expect(await readFile(join(folder, 'spool', dir, name), 'latin1')).not.toMatch(/sig=|[?]sv=/);
  }
});

test('without a target the archive is kept, can be read, and goes out once there is one', async () => {
  const folder = await newFolder();
  const body = noise(200_000);
  const ask = archive(body);
  const storage = storageOf({ folder });
  const stored = await storage.deliver(ask, context());
  expect(stored).toMatchObject({ path: expect.stringContaining(folder), durable: true, bytes: body.length });
  expect(stored).not.toHaveProperty('url');
  const [kept] = await storage.kept(ask.taskId);
  if (!kept) throw new Error('nothing kept');
  const parts = [await storage.read(kept, 0, 150_000), await storage.read(kept, 150_000, 150_000)];
  expect(parts.map(({ length }) => length)).toEqual([150_000, 50_000]);
  expect(Buffer.concat(parts).equals(body)).toBe(true);
  await storage.deliver(ask, context(azurite.blob.containerSasUrl()));
  await azurite.expectOne(ask.name(), body);
});

test('without a target and without room the refusal says both', async () => {
  const storage = storageOf({ folder: await newFolder(), desired: { storage: { spoolMegabytes: 0 } } });
  await expect(storage.deliver(archive(noise(10)), context())).rejects.toThrow(
    'The archive cannot be kept on this device, because no room for archives is left in the data folder, and there is no storage to upload it to: give a sasUrl, or set storage.sasUrl.',
  );
});

test('an archive that outgrows the room is handed over on the way', async () => {
  const folder = await newFolder();
  const body = noise(6 * mebibyte);
  const ask = archive(body);
  const task = context(azurite.blob.containerSasUrl());
  const storage = storageOf({ folder, desired: { storage: { spoolMegabytes: 3 } } });
  const stored = await storage.deliver(ask, task);
  expect(stored).toMatchObject({ durable: false, sha256: sha256(body), about: { files: 3 } });
  expect(task.steps.join()).toMatch('without a copy on disk, because no room for archives is left in the data folder');
  await azurite.expectOne(ask.name(), body);
  expect(await storage.kept(ask.taskId)).toEqual([]);
  expect(await storage.deliver(ask, task)).toEqual(stored);
  expect(ask.opened).toBe(1);
});

test('a data folder that is no folder does not keep an archive from storage', async () => {
  const folder = join(await newFolder(), 'file');
  await writeFile(folder, '');
  const body = noise(1000);
  const ask = archive(body);
  const task = context(azurite.blob.containerSasUrl());
  expect(await storageOf({ folder }).deliver(ask, task)).toMatchObject({ durable: false });
  expect(task.steps.join()).toContain('the data folder is missing or read-only');
  await azurite.expectOne(ask.name(), body);
});

test('for room delivered archives go first, then refused ones, never one that waits', async () => {
  const folder = await newFolder();
  const { blob } = azurite;
  const storage = storageOf({ folder, desired: { storage: { spoolMegabytes: 4 } } });
  const [delivered, refused, waiting] = [1, 2, 3].map(() => archive(noise(mebibyte)));
  if (!delivered || !refused || !waiting) throw new Error('no archives');
  await expect(
    storage.deliver(refused, context(blob.containerSasUrl({ permissions: 'cw' }).replace('/support?', '/no?'))),
  ).rejects.toThrow('refused');
  await storage.deliver(delivered, context(blob.containerSasUrl()));
  await blob.faults.gone();
  const task = context(blob.containerSasUrl());
  const wait = expect(storage.deliver(waiting, task)).rejects.toThrow('stopped');
  await until(() => waits(task));
  const kept = async () =>
    (await Promise.all([delivered, refused, waiting].map(({ taskId }) => storage.kept(taskId)))).map(
      ({ length }) => length,
    );
  expect(await kept()).toEqual([1, 1, 1]);
  await storage.deliver(archive(noise(1.5 * mebibyte)), context());
  expect(await kept()).toEqual([0, 1, 1]);
  await storage.deliver(archive(noise(1.5 * mebibyte)), context());
  expect(await kept()).toEqual([0, 0, 1]);
  task.stop();
  await wait;
});

test('the spool takes at most a tenth of what is free', async () => {
  const folder = await newFolder();
  const storage = storageOf({ folder, freeOn: async () => 20 * mebibyte });
  const small = archive(noise(mebibyte));
  const large = archive(noise(3 * mebibyte));
  expect(await storage.deliver(small, context(azurite.blob.containerSasUrl()))).toMatchObject({ durable: true });
  expect(await storage.deliver(large, context(azurite.blob.containerSasUrl()))).toMatchObject({ durable: false });
});

test('archives that begin at the same time all find room', async () => {
  const storage = storageOf({ folder: await newFolder() });
  const all = [1, 2, 3, 4].map(() => archive(noise(300_000)));
  const stored = await Promise.all(all.map((ask) => storage.deliver(ask, context(azurite.blob.containerSasUrl()))));
  expect(stored.map(({ durable }) => durable)).toEqual([true, true, true, true]);
});

test('tidy leaves what waits, and takes away half archives and those of forgotten tasks', async () => {
  const folder = await newFolder();
  const storage = storageOf({ folder });
  const [mine, forgotten] = [archive(noise(1000)), archive(noise(1000))];
  await storage.deliver(mine, context());
  await storage.deliver(forgotten, context());
  const half = archive(async function* () {
    yield noise(400_000);
    await new Promise(() => undefined);
  });
  const task = context();
  const cutOff = storage.deliver(half, task).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const stray = join(folder, 'spool', 'stray');
  await mkdir(stray);
  const next = storageOf({ folder });
  await next.tidy(new Set([mine.taskId, half.taskId]));
  expect(await next.kept(mine.taskId)).toHaveLength(1);
  expect(await next.kept(forgotten.taskId)).toHaveLength(0);
  const left = await readdir(join(folder, 'spool'), { recursive: true });
  expect(left.filter((name) => name.endsWith('body'))).toHaveLength(1);
  expect(left).not.toContain('stray');
  task.stop();
  await cutOff;
  await rm(folder, { recursive: true, force: true });
});
