import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { emptyLog } from '../../module/logs/file/empty.ts';

const containerId = 'a'.repeat(64);
const log = `${containerId}-json.log`;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'empty-log-'));
  for (const name of [log, `${log}.1`, `${log}.2.gz`, `${log}.bak`, 'config.v2.json']) {
    await writeFile(join(folder, name), '12345');
  }
});
afterEach(() => rm(folder, { recursive: true }));

test('the log’s own files are emptied, and nothing else', async () => {
  expect(await emptyLog({ folder, containerId, keepCurrent: false })).toEqual({ files: 3, bytes: 15 });
  expect((await readdir(folder)).sort()).toEqual([log, `${log}.bak`, 'config.v2.json'].sort());
  expect(await readFile(join(folder, log), 'utf8')).toBe('');
});

test('where it is rotated the current file stays', async () => {
  expect(await emptyLog({ folder, containerId, keepCurrent: true })).toEqual({ files: 2, bytes: 10 });
  expect(await readFile(join(folder, log), 'utf8')).toBe('12345');
});

test('links lead nowhere', async () => {
  await rm(join(folder, log));
  await symlink(join(folder, 'config.v2.json'), join(folder, log));
  await emptyLog({ folder, containerId, keepCurrent: false });
  expect(await readFile(join(folder, 'config.v2.json'), 'utf8')).toBe('12345');
});

test('what is no id is refused', async () => {
  await expect(emptyLog({ folder, containerId: '../x', keepCurrent: false })).rejects.toThrow('no id of a container');
});
