import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blockAt, blockCount, blockId, openBlockList } from '../../module/storage/blocks.ts';
import { folders, mebibyte } from './support/archive.ts';

const newFolder = folders();
const url = 'https://a.example/c/x.zip';

test('blocks lie one after the other, and those of any size are within what Blob Storage takes', () => {
  let end = 0;
  for (let index = 0; index < 5000; index += 1) {
    const { start, length } = blockAt(index);
    expect(start).toBe(end);
    end = start + length;
  }
  for (const bytes of [1, mebibyte, 16 * mebibyte, 17 * mebibyte, 1e9, 1e12]) {
    const last = blockAt(blockCount(bytes) - 1);
    expect(last.start).toBeLessThan(bytes);
    expect(last.start + last.length).toBeGreaterThanOrEqual(bytes);
  }
  expect(blockCount(0)).toBe(0);
  expect(blockCount(1e12)).toBeLessThan(50_000);
  expect(() => blockCount(1e14)).toThrow('takes no');
});

test('ids are of one length', () => {
  expect(new Set([0, 7, 49_999].map((index) => blockId('0123456789ab', index).length)).size).toBe(1);
});

test('what was taken is known to whoever opens the list again, and to nobody with another blob', async () => {
  const file = join(await newFolder(), 'blocks');
  const first = await openBlockList(file, url);
  await first.taken(0);
  await first.taken(2);
  const again = await openBlockList(file, url);
  expect([0, 1, 2].map(again.has)).toEqual([true, false, true]);
  expect(again.id(2)).toBe(first.id(2));
  const other = await openBlockList(file, `${url}2`);
  expect(other.has(0)).toBe(false);
  expect(other.id(0)).not.toBe(first.id(0));
});

test('a torn or zeroed end of the list counts for nothing', async () => {
  const file = join(await newFolder(), 'blocks');
  await (await openBlockList(file, url)).taken(3);
  await appendFile(file, '\0\0\0\0\n1');
  const torn = await openBlockList(file, url);
  expect([0, 1, 3].map(torn.has)).toEqual([false, false, true]);
  await torn.taken(2);
  const again = await openBlockList(file, url);
  expect([2, 3, 12].map(again.has)).toEqual([true, true, false]);
});

test('a list that is closed or forgotten says nothing more', async () => {
  const file = join(await newFolder(), 'blocks');
  const list = await openBlockList(file, url);
  await list.taken(0);
  list.close();
  await list.taken(1);
  expect((await readFile(file, 'utf8')).split('\n').slice(1)).toEqual(['0', '']);
  const before = list.id(0);
  await list.forget();
  expect((await openBlockList(file, url)).has(0)).toBe(false);
  expect(list.id(0)).not.toBe(before);
});
