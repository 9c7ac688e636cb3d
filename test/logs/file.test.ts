import { mkdir, mkdtemp, readdir, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { LogQuery } from '../../module/docker/docker.ts';
import { openFileLog } from '../../module/logs/file/open.ts';
import { fileLines, filePayload } from '../../module/logs/file/read.ts';
import { type SearchLimits, searchLimits } from '../../module/logs/file/search.ts';
import { collectLosses } from '../../module/logs/loss.ts';
import { gathered } from './support/frames.ts';
import { answer, containerId, inspected, jsonLine, type Logged, timeOf } from './support/json-file.ts';

const never = new AbortController().signal;
const noon = Date.parse('2026-01-01T12:00:00Z') / 1000;
const clock = { now: noon + 86_400, boot: noon - 86_400 };
const container = inspected('json-file', { 'max-file': '4' });
const name = `${containerId}-json.log`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'edge-support-file-'));
  await mkdir(join(folder, containerId));
});
afterEach(() => rm(folder, { recursive: true }));

const file = (ending = '') => join(folder, containerId, `${name}${ending}`);
const line = (seconds: number, text = `${seconds - noon}\n`): Logged => ({
  text,
  stream: 'stdout',
  time: timeOf(seconds),
});
const json = (log: readonly Logged[]) => log.map(jsonLine).join('');
const textOf = (log: readonly Logged[]) => log.map(({ text }) => text).join('');

async function open(query: LogQuery = {}, limits?: SearchLimits, own = container) {
  const reading = await openFileLog(folder, own, query, clock, never, limits);
  if (reading === undefined) throw new Error('not read from files');
  return reading;
}

/** Where reading would begin. */
async function placeOf(query: LogQuery, limits?: SearchLimits) {
  const { close, from } = await open(query, limits);
  await close();
  return from;
}

async function read(query: LogQuery = {}, limits?: SearchLimits, own = container) {
  const warnings: string[] = [];
  const parts = await gathered(filePayload(await open(query, limits, own), collectLosses(warnings), never));
  return { text: Buffer.concat(parts).toString(), warnings };
}

async function readLines(query: LogQuery = {}) {
  const batches = await gathered(fileLines(await open(query), collectLosses([]), never));
  return batches.flat().map(({ stream, raw }) => `${stream} ${raw}`);
}

test('rotated files are read oldest first, compressed or not; files that the engine would not read are left alone', async () => {
  const log = Array.from({ length: 40 }, (_, index) => line(noon + index));
  await writeFile(file('.4'), json([line(noon - 1, 'too old\n')]));
  await writeFile(file('.3.gz'), gzipSync(json(log.slice(0, 10))));
  await writeFile(file('.2'), json(log.slice(10, 20)));
  await writeFile(file('.2.gz'), 'being written');
  await writeFile(file('.1'), json(log.slice(20, 30)));
  await writeFile(file(), json(log.slice(30)));
  expect(await read()).toEqual({ text: textOf(log), warnings: [] });
  for (const tail of [1, 10, 11, 25, 30, 31, 35, 40, 41, 99])
    expect((await read({ tail })).text).toBe(textOf(log.slice(-tail)));
  for (const since of [0, 5, 15, 30, 39, 50])
    expect((await read({ since: noon + since }, { small: 0, lookBack: 100, samples: 8 })).text).toBe(
      textOf(log.slice(since)),
    );
});

const anyLog = fc.array(
  fc.record({
    step: fc.oneof({ weight: 8, arbitrary: fc.nat(20) }, { weight: 1, arbitrary: fc.integer({ min: -400, max: 400 }) }),
    fraction: fc.constantFrom(0, 0.5, 0.123),
    stream: fc.constantFrom('stdout', 'stderr'),
    text: fc.constantFrom('a\n', '\n', 'é✓😀 "quoted"\n', 'no line break', `${'x'.repeat(200)}\n`),
  }),
  { maxLength: 60 },
);
const anyQuery = fc.record(
  {
    since: fc.nat(700).map((n) => noon - 50 + n),
    until: fc.nat(700).map((n) => noon - 50 + n),
    tail: fc.integer({ min: 1, max: 70 }),
  },
  { requiredKeys: [] },
);
const everyLine: SearchLimits = { small: 0, lookBack: 1 << 20, samples: 16 };

test.each([
  ['small logs', searchLimits],
  ['halving', everyLine],
])(
  'random logs, times in any order, cut into files anywhere, give what the engine gives: %s',
  async (_, limits) => {
    await fc.assert(
      fc.asyncProperty(
        anyLog,
        anyQuery,
        fc.array(fc.nat(), { maxLength: 3 }),
        fc.boolean(),
        async (steps, query, cuts, zip) => {
          let at = noon;
          const log = steps.map(({ step, fraction, stream, text }): Logged => {
            at += step;
            return { text, stream: stream as Logged['stream'], time: timeOf(at + fraction) };
          });
          for (const old of await readdir(join(folder, containerId))) await rm(join(folder, containerId, old));
          const places = [0, ...cuts.map((cut) => cut % (log.length + 1)).sort((a, b) => a - b), log.length];
          for (const [index, start] of places.slice(0, -1).entries()) {
            const number = places.length - 2 - index;
            const part = json(log.slice(start, places[index + 1]));
            if (zip && number === 2) await writeFile(file('.2.gz'), gzipSync(part));
            else await writeFile(file(number === 0 ? '' : `.${number}`), part);
          }
          const expected = answer(log, query);
          expect((await read(query, limits)).text).toBe(textOf(expected));
        },
      ),
      { numRuns: 300 },
    );
  },
  60_000,
);

/** Two hours of a line a second, padded so that a search has something to skip. */
const long = (from: number, count: number) =>
  Array.from({ length: count }, (_, index) => line(from + index, `${from + index} ${'x'.repeat(900)}\n`));

test('a window is found without reading the log', async () => {
  const log = long(noon, 7200);
  const size = jsonLine(log[0] as Logged).length;
  await writeFile(file('.1'), json(log.slice(0, 4000)));
  await writeFile(file(), json(log.slice(4000)));
  for (const since of [noon + 100, noon + 3999, noon + 4000, noon + 6900, noon + 7300]) {
    const from = await placeOf({ since }, { small: 0, lookBack: 100_000, samples: 50 });
    expect((from.segment === 0 ? 0 : 4000) + from.offset / size).toBeLessThan(since - noon);
    const { text } = await read({ since }, { small: 0, lookBack: 100_000, samples: 50 });
    expect(text).toBe(textOf(log.slice(since - noon)));
  }
  const from = await placeOf({ since: noon + 6900 });
  expect(from).toMatchObject({ segment: 1, offset: expect.any(Number) });
  expect(from.offset).toBeGreaterThan(2_600_000);
});

test.each([
  ['', ''],
  [', an empty file behind it', '.1'],
])(
  'late lines at the end of a compressed file are not lost when the clock went back as it was closed%s',
  async (_, empty) => {
    const log = [line(noon), line(noon + 200), line(noon + 100), line(noon + 210)];
    await writeFile(file('.2.gz'), gzipSync(json(log.slice(0, 2))));
    if (empty === '') await writeFile(file('.1'), json(log.slice(2, 3)));
    else await writeFile(file(empty), '');
    await writeFile(file(), json(log.slice(empty === '' ? 3 : 2)));
    expect((await read({ since: noon + 150 }, everyLine)).text).toBe(textOf(answer(log, { since: noon + 150 })));
  },
);

test('a window behind a compressed file that is damaged at its end is found all the same', async () => {
  await writeFile(file('.1.gz'), gzipSync(json(long(noon, 500))).subarray(0, 500));
  await writeFile(file(), json(long(noon + 500, 100)));
  expect((await read({ since: noon + 550 }, everyLine)).text).toBe(textOf(long(noon + 550, 50)));
});

test.each([
  ['started again in 1970', 0],
  ['started again with the time it had saved', noon - 1200],
])('lines before a device %s are not lost', async (_, wrong) => {
  const log = [...long(noon - 9000, 9000), ...long(wrong, 60), ...long(noon + 120, 60)];
  await writeFile(file(), json(log));
  const query = { since: noon - 60 };
  expect((await read(query)).text).toBe(textOf(answer(log, query)));
  expect(answer(log, query)).toHaveLength(120);
});

test('what is written and rotated while the log is read neither comes nor spoils it', async () => {
  const log = long(noon, 2000);
  await writeFile(file('.1'), json(log.slice(0, 1000)));
  await writeFile(file(), `${json(log.slice(1000))}{"log":"half an en`);
  const reading = await open();
  const parts: Buffer[] = [];
  for await (const part of filePayload(reading, collectLosses([]), never)) {
    if (parts.length === 0) {
      await rm(file('.1'));
      await rename(file(), file('.1'));
      await writeFile(file(), json([line(noon + 9999)]));
    }
    parts.push(part);
  }
  expect(Buffer.concat(parts).toString()).toBe(textOf(log));
});

test('damage is said, and what is behind it is read', async () => {
  const packed = gzipSync(json(long(noon, 900)));
  await writeFile(file('.3.gz'), packed.subarray(0, packed.length - 100));
  await writeFile(file('.2'), `${json([line(noon + 900)])}{"log":"torn`);
  await writeFile(file('.1'), `{"log":"tor${json([line(noon + 901)])}`);
  await writeFile(file(), json([line(noon + 902)]));
  const { text, warnings } = await read();
  expect(text.endsWith('900\n901\n902\n')).toBe(true);
  expect(warnings).toEqual([
    expect.stringMatching(/^…-json\.log\.3\.gz cannot be read to its end: .*unexpected end of file$/),
    expect.stringMatching(/^\d entries of the log are damaged and left out: \d+ bytes of its files$/),
  ]);
});

test('a torn end is damage only when nobody is writing', async () => {
  await writeFile(file(), `${json([line(noon)])}{"log":"torn`);
  expect(await read()).toEqual({ text: '0\n', warnings: [] });
  const stopped = { ...container, State: { ...container.State, Running: false } };
  expect((await read({}, undefined, stopped)).warnings).toEqual([
    'an entry of the log is damaged and left out: 12 bytes of its files',
  ]);
});

test('a file that gets shorter while it is read ends there, and that is said', async () => {
  const log = long(noon, 2000);
  await writeFile(file(), json(log));
  const reading = await open();
  const warnings: string[] = [];
  let bytes = 0;
  for await (const part of filePayload(reading, collectLosses(warnings), never)) {
    if (bytes === 0) await truncate(file(), 700_000);
    bytes += part.length;
  }
  expect(bytes).toBeLessThan(700_000);
  expect(warnings[0]).toMatch(/^…-json\.log cannot be read to its end: \S+ ends at byte \d+ of \d+$/);
});

test('pieces of long lines are one line, each stream for itself', async () => {
  const piece = (text: string, stream: Logged['stream']): Logged => ({ text, stream, time: timeOf(noon) });
  const [a, b] = ['a'.repeat(16_384), 'b'.repeat(16_384)];
  await writeFile(
    file(),
    json([
      piece(a, 'stdout'),
      piece(b, 'stderr'),
      piece('A\n', 'stdout'),
      piece('B\n', 'stderr'),
      piece('end', 'stdout'),
      piece('start\n', 'stdout'),
    ]),
  );
  expect(await readLines()).toEqual([`stdout ${a}A\n`, `stderr ${b}B\n`, 'stdout end', 'stdout start\n']);
  const stamp = '2026-01-01T12:00:00.000000000Z ';
  expect(await readLines({ timestamps: true })).toEqual([
    `stdout ${stamp}${a}A\n`,
    `stderr ${stamp}${b}B\n`,
    `stdout ${stamp}end`,
    `stdout ${stamp}start\n`,
  ]);
});

test('other drivers, files that are not there and other formats are left to the engine', async () => {
  const tried = (own = container) => openFileLog(folder, own, {}, clock, never);
  expect(await tried()).toBeUndefined();
  await writeFile(file(), 'not JSON\n');
  expect(await tried()).toBeUndefined();
  await writeFile(file(), '');
  await (await tried())?.close();
  expect((await read()).text).toBe('');
  expect(await tried(inspected('local'))).toBeUndefined();
  expect(await tried({ ...container, LogPath: '/elsewhere.log' })).toBeUndefined();
});

test('no file stays open, whether the log is read, left or aborted', async () => {
  const openFiles = async () => (await readdir('/proc/self/fd')).length;
  await writeFile(file('.1'), json(long(noon, 900)));
  await writeFile(file(), json(long(noon + 900, 900)));
  const before = await openFiles();
  await read();
  for await (const _ of filePayload(await open(), collectLosses([]), never)) break;
  const controller = new AbortController();
  const aborted = gathered(filePayload(await open(), collectLosses([]), controller.signal));
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  const left = new AbortController();
  await openFileLog(folder, container, {}, clock, left.signal);
  left.abort();
  await expect(openFileLog(folder, container, { tail: 5 }, clock, controller.signal)).rejects.toThrow('enough');
  expect(await openFiles()).toBe(before);
});
