import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { download } from '../../cli/archive.ts';
import type { Invoke } from '../../cli/hub.ts';
import { folders, noise, sha256 } from '../storage/support/archive.ts';

const newFolder = folders();
const quiet = () => undefined;
const pageBytes = 1000;

/** A module that has this archive; `offsets` are what it was asked for. */
function moduleWith(body: Buffer, own: object = {}): { readonly invoke: Invoke; readonly offsets: number[] } {
  const offsets: number[] = [];
  const invoke: Invoke = async (_method, request) => {
    const { offset } = request as { readonly offset: number };
    offsets.push(offset);
    const data = body.subarray(offset, offset + pageBytes);
    const next = offset + data.length < body.length ? { next: offset + data.length } : {};
    const page = { key: 'bundle', name: 'hub/device/a bundle.zip', bytes: body.length, sha256: sha256(body), offset };
    return { status: 200, payload: { ...page, data: data.toString('base64'), ...next, ...own } };
  };
  return { invoke, offsets };
}

test('pages become a file, and nothing else stays', async () => {
  const folder = await newFolder();
  const body = noise(3456);
  const { invoke, offsets } = moduleWith(body);
  const seen: number[] = [];
  const out = join(folder, 'x.zip');
  const result = await download(invoke, { taskId: 't', out }, (done) => void seen.push(done));
  expect(result).toEqual({ file: out, bytes: 3456, sha256: sha256(body) });
  expect((await readFile(out)).equals(body)).toBe(true);
  expect(offsets).toEqual([0, 1000, 2000, 3000]);
  expect(seen).toEqual([0, 1000, 2000, 3000, 3456]);
  expect(await readdir(folder)).toEqual(['x.zip']);
});

test('a download that broke off goes on where it was', async () => {
  const folder = await newFolder();
  const body = noise(5000);
  const out = join(folder, 'x.zip');
  const { invoke } = moduleWith(body);
  let left = 3;
  const breaking: Invoke = async (method, request) => {
    left -= 1;
    if (left < 0) throw new Error('the line broke');
    return invoke(method, request);
  };
  await expect(download(breaking, { taskId: 't', out }, quiet)).rejects.toThrow('the line broke');
  expect(await readdir(folder)).toEqual([expect.stringMatching(/^x\.zip\.[0-9a-f]{8}\.part$/)]);
  const again = moduleWith(body);
  await download(again.invoke, { taskId: 't', out }, quiet);
  expect(again.offsets).toEqual([0, 3000, 4000]);
  expect((await readFile(out)).equals(body)).toBe(true);
});

test('what came wrong is removed', async () => {
  const folder = await newFolder();
  const body = noise(1500);
  const out = join(folder, 'x.zip');
  await writeFile(`${out}.${sha256(body).slice(0, 8)}.part`, 'x'.repeat(1000));
  await expect(download(moduleWith(body).invoke, { taskId: 't', out }, quiet)).rejects.toThrow(
    /^What came is not what the module has \(sha256 [0-9a-f]+, expected [0-9a-f]+\); it was removed\.$/,
  );
  expect(await readdir(folder)).toEqual([]);
});

test('a file that is there is left alone; the module’s refusal is told as it is', async () => {
  const folder = await newFolder();
  const out = join(folder, 'x.zip');
  await writeFile(out, 'mine');
  await expect(download(moduleWith(noise(10)).invoke, { taskId: 't', out }, quiet)).rejects.toThrow('exists already');
  const refusing: Invoke = async () => ({ status: 404, payload: { message: 'No archive of the task t.' } });
  await expect(download(refusing, { taskId: 't' }, quiet)).rejects.toThrow(/^No archive of the task t\.$/);
});

test.each([
  [{ data: '' }, 'The module gave no data at offset 0.'],
  [{ offset: 7 }, 'The module gave no data at offset 0.'],
])('a module that answers %j does not keep us for ever', async (own, message) => {
  const out = join(await newFolder(), 'x.zip');
  await expect(download(moduleWith(noise(10), own).invoke, { taskId: 't', out }, quiet)).rejects.toThrow(message);
});
