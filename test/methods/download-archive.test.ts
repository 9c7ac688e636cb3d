import { dispatch } from '../../module/methods/index.ts';
import { archive, context, folders, noise, sha256, storageOf } from '../storage/support/archive.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

const newFolder = folders();

async function device() {
  const storage = storageOf({ folder: await newFolder() });
  const own = services({ docker: memoryDocker({}), storage });
  const ask = async (request: object) => {
    const payload = Buffer.from(JSON.stringify(request));
    const { status, body } = await dispatch({ name: 'DownloadArchive', payload }, own);
    return { status, body: body as Record<string, unknown> };
  };
  return { storage, ask };
}

test.each([0, 1, 92_160, 92_161, 300_000])('an archive of %i bytes comes whole in pages that fit', async (bytes) => {
  const { storage, ask } = await device();
  const body = noise(bytes);
  const own = archive(body);
  await storage.deliver(own, context());
  const pages: Buffer[] = [];
  for (let offset: number | undefined = 0; offset !== undefined; ) {
    const { status, body: page } = await ask({ taskId: own.taskId, offset });
    expect(status).toBe(200);
    expect(page).toMatchObject({ taskId: own.taskId, key: 'bundle', name: own.name(), bytes, sha256: sha256(body) });
    expect(Buffer.byteLength(JSON.stringify(page))).toBeLessThan(128 * 1024);
    pages.push(Buffer.from(String(page['data']), 'base64'));
    expect(page).toMatchObject({ offset, length: pages.at(-1)?.length });
    offset = page['next'] as number | undefined;
  }
  expect(Buffer.concat(pages).equals(body)).toBe(true);
  expect(pages).toHaveLength(Math.max(1, Math.ceil(bytes / 92_160)));
});

test('the id of an upload is taken under the name that its answer has', async () => {
  const { storage, ask } = await device();
  const own = archive(noise(10));
  await storage.deliver(own, context());
  expect(await ask({ correlationId: own.taskId })).toMatchObject({ status: 200, body: { taskId: own.taskId } });
});

test('of several archives one must be named', async () => {
  const { storage, ask } = await device();
  const first = archive(noise(10), { key: 'edgeHub' });
  const { taskId } = first;
  await storage.deliver(first, context());
  await storage.deliver(archive(noise(20), { taskId, key: 'edgeAgent' }), context());
  const { status, body } = await ask({ taskId });
  expect(status).toBe(400);
  expect(body['message']).toMatch(
    /has several archives; key must be one of (edgeHub, edgeAgent|edgeAgent, edgeHub)\.$/,
  );
  expect(await ask({ taskId, key: 'edgeAgent' })).toMatchObject({ status: 200, body: { bytes: 20 } });
  expect(await ask({ taskId, key: 'none' })).toMatchObject({
    status: 404,
    body: { message: expect.stringContaining('has no archive none; there is') },
  });
});

test('what is not there, and offsets that are none, are refused in a sentence', async () => {
  const { storage, ask } = await device();
  const own = archive(noise(10));
  await storage.deliver(own, context());
  const { taskId } = own;
  const message = async (request: object) => {
    const { status, body } = await ask(request);
    return `${status} ${body['message']}`;
  };
  expect(await message({ taskId: 'nobody' })).toBe(
    '404 No archive of the task nobody lies on this device: it is unknown, has made none yet, or it was removed.',
  );
  expect(await message({})).toBe('400 taskId must be given: the id of the task that made the archive.');
  expect(await message({ taskId, offset: 11 })).toBe('400 offset must be at most 10, the size of the archive; got 11.');
  expect(await message({ taskId, offset: -1 })).toMatch(/^400 .*offset must be an integer from 0 to .*, got -1$/);
  expect(await ask({ taskId, offset: 10 })).toMatchObject({ status: 200, body: { length: 0, data: '' } });
});

test('an archive that goes between two pages is a 404', async () => {
  const { storage, ask } = await device();
  const own = archive(noise(200_000));
  await storage.deliver(own, context());
  expect((await ask({ taskId: own.taskId })).status).toBe(200);
  await storage.discard(own.taskId);
  expect((await ask({ taskId: own.taskId, offset: 92_160 })).status).toBe(404);
});
