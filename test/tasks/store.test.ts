import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newRecord } from '../../module/tasks/record.ts';
import { openTaskStore } from '../../module/tasks/store.ts';
import { memoryLog } from '../support/services.ts';
import { newFolder, removeFolders } from './support/tasks.ts';

afterAll(removeFolders);

const record = (id: string) =>
  newRecord({ id, method: 'M', operation: 'm', request: { a: 'x'.repeat(100) }, createdAt: 1, timeoutSecs: 1 });

test('the newest state of each task holds at the next start', async () => {
  const folder = newFolder();
  const store = openTaskStore(folder, memoryLog());
  const one = record('1');
  await store.put(one);
  await store.put(record('2'));
  one.step = 'changed';
  await store.put(one);
  await store.close();
  const next = openTaskStore(folder, memoryLog());
  expect(next.all()).toEqual([{ ...one, step: 'changed' }, record('2')]);
  expect(next.durable()).toBe(true);
  await next.close();
});

test('a line that a crash tore counts for nothing, wherever it was cut, and spoils no other', async () => {
  const folder = newFolder();
  const path = join(folder, 'tasks.journal');
  const line = JSON.stringify(record('2'));
  for (const cut of [1, 20, line.length - 1]) {
    writeFileSync(path, `${JSON.stringify(record('1'))}\n`);
    appendFileSync(path, `\n${line.slice(0, cut)}`);
    const log = memoryLog();
    const store = openTaskStore(folder, log);
    await store.put(record('3'));
    await store.close();
    const next = openTaskStore(folder, log);
    expect(next.all().map(({ id }) => id)).toEqual(['1', '3']);
    expect(log.lines).toEqual([expect.stringContaining('torn by a crash')]);
    await next.close();
  }
});

test('purging takes what a task no longer holds off the disk, and the journal does not grow for ever', async () => {
  const folder = newFolder();
  const path = join(folder, 'tasks.journal');
  const store = openTaskStore(folder, memoryLog());
  const one = record('1');
  one.sealed = 'c2VhbGVk';
  await store.put(one);
  one.sealed = undefined;
  await store.put(one);
  expect(readFileSync(path, 'utf8')).toContain('c2VhbGVk');
  await store.purge();
  expect(readFileSync(path, 'utf8')).not.toContain('c2VhbGVk');
  const large = { ...one, request: 'y'.repeat(300_000) };
  for (let index = 0; index < 20; index += 1) await store.put(large);
  expect(statSync(path).size).toBeLessThan(3_000_000);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await store.close();
});

test('a journal that cannot be read or written is said, once', async () => {
  const log = memoryLog();
  const store = openTaskStore('/dev/null/x', log);
  await store.put(record('1'));
  await store.put(record('2'));
  expect(store.durable()).toBe(false);
  expect(store.all()).toHaveLength(2);
  expect(log.lines.filter((line) => line.includes('cannot be kept'))).toHaveLength(1);
  await store.close();
});

test('a journal that cannot be read is set aside, not replaced by an empty one, and the tasks count as incomplete', async () => {
  const folder = newFolder();
  mkdirSync(join(folder, 'tasks.journal'));
  const log = memoryLog();
  const store = openTaskStore(folder, log);
  expect(store.complete).toBe(false);
  expect(existsSync(join(folder, 'tasks.journal.unreadable'))).toBe(true);
  expect(log.lines).toEqual([expect.stringContaining('cannot be read')]);
  await store.close();
  const next = openTaskStore(folder, log);
  expect(next.complete).toBe(true);
  await next.close();
});

test('what could not be written goes to the disk with the next write that can', async () => {
  const folder = join(newFolder(), 'data');
  writeFileSync(folder, 'in the way');
  const store = openTaskStore(folder, memoryLog());
  await store.put(record('1'));
  expect(store.durable()).toBe(false);
  rmSync(folder);
  mkdirSync(folder);
  await store.put(record('2'));
  expect(store.durable()).toBe(true);
  await store.close();
  const next = openTaskStore(folder, memoryLog());
  expect(next.all().map(({ id }) => id)).toEqual(['1', '2']);
  await next.close();
});
