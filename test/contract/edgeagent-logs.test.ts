import { gunzipSync } from 'node:zlib';
import { SupportError } from '../../module/base/errors.ts';
import { demuxFrames } from '../../module/docker/demux.ts';
import { encodeRecords, recordFrames, recordMaker } from '../../module/logs/encode.ts';
import {
  encodedLog,
  type LogCount,
  type LogFilter,
  type LogFormat,
  parseTime,
  readItems,
  selectModules,
} from '../../module/logs/logs.ts';
import { parseLine } from '../../module/logs/parse.ts';
import { createRedactor } from '../../module/redact/redact.ts';
import { frame, gathered, streamed } from '../logs/support/frames.ts';
import { type LoggedLine, logEngine } from '../logs/support/log-engine.ts';
import { deviations, sampleLog, type Vector, vectors } from './vectors.ts';

/*
 * edgeAgent's reading of logs as recorded in edgeagent-vectors.json. All vectors of these areas must match, quirks too,
 * but for those in the table of docs/compatibility.md, each of which has its own test below.
 */

const matched = (area: string) => vectors.filter((one) => one.area === area && !deviations.has(one.id));

test.each(matched('logLine'))('$id $name', ({ input, expected }) => {
  const { level, timestamp = null, text } = parseLine(String(input['raw']));
  expect({ logLevel: level, timestamp, text }).toEqual(expected);
});

test.each(matched('jsonRecord'))('$id $name', async ({ input, expected }) => {
  const raw = Buffer.from(String(input['raw']));
  const line = { raw, stream: input['stream'] as 'stderr', ...parseLine(raw.toString()) };
  const source = { iothub: String(input['iothub']), device: String(input['device']), module: String(input['module']) };
  const encoded = await gathered(
    encodeRecords(
      recordMaker(source, (text) => text),
      recordFrames.json,
    )(streamed([[line]])),
  );
  const [record] = JSON.parse(Buffer.concat(encoded).toString());
  expect(record).toEqual(expected['record']);
  expect(Object.keys(record)).toEqual(expected['keyOrder']);
});

test.each(matched('dockerFrame'))('$id $name', ({ input, expected }) => {
  const { frames } = demuxed(Buffer.from(String(input['hex']), 'hex'));
  expect(frames).toEqual(expected['frames']);
});

test.each(matched('idMatch'))('$id $name', ({ input, expected }) => {
  const select = () => selectModules(readItems([{ id: String(input['regex']) }], now), input['modules'] as string[]);
  if (expected['error']) return expect(select).toThrow(SupportError);
  expect(select().map(({ module }) => module)).toEqual(expect.arrayContaining(expected['ids'] as string[]));
  expect(select()).toHaveLength((expected['ids'] as string[]).length);
});

test.each(matched('idSelect'))('$id $name', ({ input, expected }) => {
  const items = input['items'] as { readonly id: string; readonly tag: string }[];
  const selectors = readItems(items, now);
  const picked = selectModules(selectors, input['modules'] as string[]).map(({ module, ask }) => {
    const index = selectors.findIndex((selector) => selector.ask === ask);
    return [module, items[index]?.tag];
  });
  expect(Object.fromEntries(picked)).toEqual(expected['selection']);
});

test.each(matched('since'))('$id $name', ({ input, expected }) => {
  const read = () => parseTime(String(input['value']), 'items[0].filter.since', now);
  if (expected['kind'] === 'invalid')
    return expect(read).toThrow(/invalid parameter: since.*items\[0\]\.filter\.since/);
  const absolute = expected['kind'] === 'absolute';
  expect(read()).toBe(absolute ? expected['epochSeconds'] : now.getTime() / 1000 - Number(expected['seconds']));
});

test.each(matched('pipeline'))('$id $name', async ({ input, expected }) => {
  const { output } = await run(input);
  if (expected['json']) return expect(JSON.parse(output)).toEqual(expected['json']);
  expect(output).toBe(expected['output']);
});

test.each(matched('dockerQuery'))('$id $name', async ({ input, expected }) => {
  const { asked } = await run(input);
  const [{ since = 0, until = '', tail = 'all', timestamps = false } = {}] = asked;
  const query = { since, until, tail, timestamps, follow: false, stdout: true, stderr: true };
  const texts = Object.entries(query).map(([key, value]) => [key, String(value)]);
  expect(Object.fromEntries(texts)).toEqual(expected['query']);
});

test('times without a zone, in milliseconds and after 2038 are understood (since-007, -011, -014, -016)', () => {
  const read = (id: string) => parseTime(String(vector(id).input['value']), 'since', now);
  expect(['since-007', 'since-011', 'since-014', 'since-016'].map(read)).toEqual([
    1_569_600_000, 2_177_452_800, 1_569_600_000, 2_147_483_648,
  ]);
});

test('the text of a blank line is empty (logLine-015)', () => {
  const { input, expected } = vector('logLine-015');
  expect(parseLine(String(input['raw']))).toMatchObject({ level: 6, timestamp: expected['timestamp'], text: '' });
});

test('what the engine says on its own stream is a warning (dockerFrame-003)', async () => {
  const lost = 'the engine could not read the log to its end: c';
  const body = Buffer.concat([frame(1, 'a\n'), Buffer.from(String(vector('dockerFrame-003').input['hex']), 'hex')]);
  expect(await readBody(body)).toEqual({ output: 'a\n', warnings: [lost] });
});

test('a truncated last frame loses only what did not come (dockerFrame-006)', async () => {
  const lost = 'the log ends inside a frame: 2 of its 7 bytes did not come';
  const body = Buffer.from(String(vector('dockerFrame-006').input['hex']), 'hex');
  expect(await readBody(body)).toEqual({ output: 'abcde', warnings: [lost] });
});

test.each([
  ['pipeline-015', [2, 5, 6, 7]],
  ['pipeline-016', [3, 4]],
  ['pipeline-021', [3, 4]],
  ['pipeline-032', [5]],
])('tail comes last: %s', async (id, lines) => {
  const { output } = await run(vector(id).input);
  expect(output).toBe(lines.map((index) => sampleLog[index]?.raw).join(''));
});

test.each([
  ['pipeline-030', [0, 1, 2, 3, 4, 5, 6, 7]],
  ['pipeline-031', [6, 7]],
])('blank lines are kept: %s', async (id, lines) => {
  const { output } = await run(vector(id).input);
  expect(output).toBe(lines.map((index) => sampleLog[index]?.raw).join(''));
});

const now = new Date('2024-03-01T10:00:00Z');

function vector(id: string): Vector {
  const found = vectors.find((one) => one.id === id);
  if (!found || !deviations.has(id)) throw new Error(`${id} is not a vector in the table of deviations.`);
  return found;
}

const redactor = createRedactor({ key: Buffer.from('key'), known: () => [] });

async function collect(docker: ReturnType<typeof logEngine>, filter: LogFilter, format: LogFormat, source = {}) {
  const count: LogCount = { lines: 0, bytes: 0, warnings: [] };
  const [selected] = selectModules(readItems([{ id: 'm1', filter }], now), ['m1']);
  if (!selected) throw new Error('nothing is selected');
  const where = { docker, redactor, iothub: 'h', device: 'd', ...source };
  const log = encodedLog(where, 'm1', selected.ask, format, count, new AbortController().signal);
  return { output: Buffer.concat(await gathered(log)).toString(), warnings: count.warnings };
}

async function run(input: Vector['input']) {
  const docker = logEngine(sampleLog as readonly LoggedLine[]);
  const format: LogFormat = { contentType: input['contentType'] as 'text', encoding: 'none' };
  const source = { iothub: input['iothub'], device: input['device'] };
  return { ...(await collect(docker, input['filter'] as LogFilter, format, source)), asked: docker.asked };
}

function readBody(body: Buffer) {
  const docker = { ...logEngine([]), logs: async () => ({ tty: false, body: streamed([body]) }) };
  return collect(docker, {}, { contentType: 'text', encoding: 'none' });
}

function demuxed(body: Buffer) {
  const frames: { stream: string; text: string }[] = [];
  const demux = demuxFrames((stream, chunk, start, end) => {
    frames.push({ stream, text: chunk.toString('utf8', start, end) });
  });
  demux.push(body);
  return { frames, lost: demux.end() };
}

test.each(matched('append'))('$id $name', async ({ input, expected }) => {
  const log = Array.from({ length: Number(input['frames']) }, (_, index) => ({
    ts: '2026-01-01T00:00:00.000000000Z',
    stream: 'stdout',
    raw: `line ${index}\n`,
  }));
  const format = { contentType: input['contentType'] as 'json', encoding: input['encoding'] as 'gzip' };
  const source = { docker: logEngine(log), redactor, iothub: 'h', device: 'd' };
  const count = { lines: 0, bytes: 0, warnings: [] };
  // One stream is one put of a sink, and so one blob.
  const body = encodedLog(source, 'm', { timestamps: false }, format, count, new AbortController().signal);
  const content = Buffer.concat(await gathered(body));
  const members = content.toString('latin1').split('\x1f\x8b\x08').length - 1;
  expect({ appends: 0, uploads: 1, gzipMembers: members }).toEqual(expected);
  expect(JSON.parse(gunzipSync(content).toString())).toHaveLength(log.length);
});
