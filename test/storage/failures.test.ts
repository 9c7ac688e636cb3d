import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRedactor } from '../../module/redact/redact.ts';
import { createFailureShelf } from '../../module/storage/failures.ts';

const redactor = createRedactor({ key: Buffer.alloc(32), known: () => [] });
const file = (name: string, content: string | Error) => {
  const bytes = (async function* () {
    if (content instanceof Error) throw content;
    yield Buffer.from(content);
  })();
  return { name, body: redactor.stream(bytes, 'all') };
};
const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 10, minute));

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'failures-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const shelfOf = (most = 1e6, free = 1e9) =>
  createFailureShelf({ dataFolder: dir, most: () => most, freeOn: async () => free });
const kept = async (shelf = shelfOf()) => (await shelf.list()).map(({ name }) => name);

test('a failure is kept in a folder of its own, readable by nobody else', async () => {
  const shelf = shelfOf();
  await shelf.keep('web', at(1), [file('log.txt', 'last words\n'), file('about.json', '{}\n')]);
  const [one] = await shelf.list();
  expect(one).toMatchObject({ name: '2026-01-01T10-01-00.000Z-web', module: 'web', bytes: 8192, handedOver: false });
  expect(one?.files.map(({ name, bytes }) => [name, bytes])).toEqual([
    ['about.json', 3],
    ['log.txt', 11],
  ]);
  expect(await readFile(one?.files[1]?.path ?? '', 'utf8')).toBe('last words\n');
});

test('the oldest make way, whatever the clock says, and the quota counts what files take on a disk', async () => {
  const shelf = shelfOf(3 * 4096);
  // The clock was set back in between.
  for (const minute of [50, 1, 2, 3]) await shelf.keep('web', at(minute), [file('about.json', '{}')]);
  expect(await kept(shelf)).toEqual([1, 2, 3].map((minute) => `2026-01-01T10-0${minute}-00.000Z-web`));
  await shelf.keep('web', at(4), [file('log.txt', 'x'.repeat(9000))]);
  expect(await kept(shelf)).toEqual(['2026-01-01T10-03-00.000Z-web', '2026-01-01T10-04-00.000Z-web'].slice(1));
});

test('what would not fit even alone is refused, and takes nothing away', async () => {
  const shelf = shelfOf(20_000);
  await shelf.keep('web', at(1), [file('about.json', '{}')]);
  await expect(shelf.keep('web', at(2), [file('log.txt', 'x'.repeat(30_000))])).rejects.toThrow(
    'It has 30000 bytes; there is room for 20000',
  );
  expect(await kept(shelf)).toHaveLength(1);
});

test('on a disk that is nearly full they take a tenth of what is free', async () => {
  await expect(shelfOf(1e9, 30_000).keep('web', at(1), [file('about.json', '{}')])).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('room for 3000 '),
  });
});

test('not more than 200 are kept, however small', async () => {
  const shelf = shelfOf(1e9, 1e12);
  for (let number = 0; number < 203; number += 1) await shelf.keep(`m${number}`, at(1), [file('about.json', '')]);
  const modules = (await shelf.list()).map(({ module }) => module);
  expect([modules.length, modules[0], modules.at(-1)]).toEqual([200, 'm3', 'm202']);
}, 20_000);

test('what a crash left half-made, or others put there, counts for nothing; the half-made goes with the next', async () => {
  const folder = join(dir, 'failures');
  await mkdir(join(folder, 'part-00000001_2026-01-01T10-01-00.000Z_web'), { recursive: true });
  await writeFile(join(folder, 'part-00000001_2026-01-01T10-01-00.000Z_web', 'log.txt'), 'half');
  await writeFile(join(folder, 'notes.txt'), 'of somebody');
  await mkdir(join(folder, '00000007_2026-01-01T10-01-00.000Z_web'));
  const shelf = shelfOf();
  expect(await kept(shelf)).toEqual(['2026-01-01T10-01-00.000Z-web']);
  await shelf.keep('x.part', at(2), [file('about.json', '{}')]);
  expect((await readdir(folder)).sort()).toEqual([
    '00000007_2026-01-01T10-01-00.000Z_web',
    '00000008_2026-01-01T10-02-00.000Z_x.part',
    'notes.txt',
  ]);
});

test('a body that fails leaves nothing behind, and the next is kept', async () => {
  const shelf = shelfOf();
  const broken = [file('log.txt', 'half'), file('about.json', new Error('the engine is gone'))];
  await expect(shelf.keep('web', at(1), broken)).rejects.toThrow('the engine is gone');
  expect(await readdir(dir)).toEqual([]);
  await shelf.keep('web', at(2), [file('about.json', '{}')]);
  expect(await kept(shelf)).toHaveLength(1);
});

test('failures at the same time are all kept', async () => {
  const shelf = shelfOf();
  await Promise.all(['a', 'b', 'c'].map((name) => shelf.keep(name, at(1), [file('about.json', '{}')])));
  expect((await shelf.list()).map(({ module }) => module).sort()).toEqual(['a', 'b', 'c']);
});

test('what a task was given is remembered over a restart', async () => {
  const { id } = await shelfOf().keep('web', at(1), [file('about.json', '{}')]);
  await shelfOf().handOver([id, 'made way']);
  expect(await shelfOf().list()).toMatchObject([{ handedOver: true, files: [{ name: 'about.json' }] }]);
});

test('a data folder that cannot be written rejects with the reason; there is nothing to list', async () => {
  await writeFile(join(dir, 'file'), '');
  const shelf = createFailureShelf({ dataFolder: join(dir, 'file'), most: () => 1e6 });
  await expect(shelf.keep('web', at(1), [file('about.json', '{}')])).rejects.toThrow('ENOTDIR');
  expect(await shelf.list()).toEqual([]);
});
