import { appendFile, readdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type Dockerode from 'dockerode';
import type { LogQuery } from '../../module/docker/docker.ts';
import { createEngine } from '../../module/docker/engine.ts';
import { lines } from '../../module/logs/lines.ts';
import { collectLosses } from '../../module/logs/loss.ts';
import { payload } from '../../module/logs/payload.ts';
import { openLog } from '../../module/logs/source.ts';
import { removeContents } from '../../sim/engine/labelled.ts';
import { type Engine, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { testEngine } from '../support/local-edge.ts';
import { gathered } from './support/frames.ts';
import { jsonLine, type Logged, timeOf } from './support/json-file.ts';

let engine: Engine;
let image: string;
let docker: ReturnType<typeof createEngine>;
let engineLogs: string;
beforeAll(async () => {
  engine = testEngine();
  image = await buildWorkloadImage(engine.docker);
  docker = createEngine(engine.dockerHost);
  engineLogs = `${(await docker.info(soon())).dockerRootDir}/containers`;
}, 60_000);
afterAll(() => removeContents(engine.docker, `${simLabel}=${engine.runId}`), 60_000);

const soon = () => AbortSignal.timeout(30_000);
const now = () => Math.floor(Date.now() / 1000);

async function run(name: string, script: string, LogConfig: { Type: string; Config?: object }, Tty = false) {
  const container = await engine.docker.createContainer({
    name: `${name}-${engine.runId}`,
    Image: image,
    Cmd: ['sh', '-c', script],
    Labels: { [simLabel]: engine.runId },
    Tty,
    HostConfig: { NetworkMode: 'none', LogConfig } as Dockerode.HostConfig,
  });
  await container.start();
  await container.wait();
  return `${name}-${engine.runId}`;
}

const joined = (batches: readonly (readonly { stream: string; raw: Buffer }[])[]) =>
  batches.flat().map(({ stream, raw }) => `${stream} ${raw}`);

async function ours(name: string, query: LogQuery, folder: string) {
  const place = { docker, engineLogs: folder };
  const warnings: string[] = [];
  const open = () => openLog(place, name, query, collectLosses(warnings), soon());
  const log = await open();
  const bytes = Buffer.concat(await gathered(log.payload()));
  return { path: log.path, bytes, lines: joined(await gathered((await open()).lines())), warnings };
}

/** What the engine itself answers to the query. */
async function engines(name: string, query: LogQuery) {
  const ask = () => docker.logs(name, query, soon());
  const { tty, body } = await ask();
  const losses = collectLosses([]);
  return {
    bytes: Buffer.concat(await gathered(payload(tty, losses)(body))),
    lines: joined(await gathered(lines(tty, query.timestamps ?? false, losses)((await ask()).body))),
  };
}

const chatter = `
i=0
while [ $i -lt 400 ]; do
  echo "<6> line $i with ünïcode ✓ 😀 & <tags> and \\"quotes\\""
  echo "<3> error $i" >&2
  printf 'tab\\t \\033[31mred\\033[0m \\001 \\377\\376 bell\\007 back\\\\slash\\r\\n'
  [ $((i % 50)) = 0 ] && { yes é | tr -d '\\n' | head -c 40000; echo; sleep 0.6; }
  i=$((i+1))
done
echo; printf 'no line break'`;

/** Forms of log files. */
const forms = [
  ['json-file', { Type: 'json-file', Config: {} }, false],
  ['rotated', { Type: 'json-file', Config: { 'max-size': '60k', 'max-file': '20' } }, false],
  [
    'rotated and compressed',
    { Type: 'json-file', Config: { 'max-size': '60k', 'max-file': '20', compress: 'true' } },
    false,
  ],
  ['rotated away', { Type: 'json-file', Config: { 'max-size': '60k', 'max-file': '3' } }, false],
  ['with attributes', { Type: 'json-file', Config: { tag: '"{{.Name}}"', labels: simLabel } }, false],
  ['TTY', { Type: 'json-file', Config: {} }, true],
] as const;

test('log files give the engine’s own bytes, whatever their form', async () => {
  const compare = async ([title, config, tty]: (typeof forms)[number]) => {
    const name = await run(`same-${title.replace(/\W/g, '-')}`, chatter, config, tty);
    if (title === 'rotated') {
      const { LogPath } = await docker.inspect(name, soon());
      expect((await readdir(dirname(LogPath))).filter((file) => file.includes('-json.log')).length).toBeGreaterThan(3);
    }
    const queries: LogQuery[] = [{}, { tail: 1 }, { tail: 500 }, { tail: 9999 }, { until: now() - 2 }];
    // With compressed files, this engine leaves out what lies between the oldest of them and the newest.
    if (title !== 'rotated and compressed')
      queries.push({ since: now() - 2 }, { since: now() - 4, until: now() - 2 }, { since: now() - 2, tail: 100 });
    for (const query of queries) {
      for (const timestamps of [false, true]) {
        const found = await ours(name, { ...query, timestamps }, engineLogs);
        const expected = await engines(name, { ...query, timestamps });
        expect([title, found]).toMatchObject([title, { path: 'file', warnings: [] }]);
        expect([title, query, found.bytes.equals(expected.bytes)]).toEqual([title, query, true]);
        // The lines of a TTY container with timestamps have them in the middle, too, when they come from the engine.
        if (!tty || !timestamps) expect(found.lines).toEqual(expected.lines);
      }
    }
  };
  await Promise.all(forms.map(compare));
}, 60_000);

/** Containers of every kind, which write at the same time: each takes its seconds. */
const kinds = ['json-file', 'local'].flatMap((Type) => [false, true].map((tty) => [Type, tty] as const));

test('the end of a log gives the engine’s own bytes for a window', async () => {
  const compare = async ([Type, tty]: (typeof kinds)[number]) => {
    const script = `i=0; while [ $i -lt 30000 ]; do echo "old $i"; i=$((i+1)); done; sleep 7; ${chatter}`;
    const name = await run(
      `window-${Type}-${tty}`,
      script,
      { Type, Config: { compress: 'false', 'max-size': '20m', 'max-file': '2' } },
      tty,
    );
    for (const query of [
      { since: now() - 5 },
      { since: now() - 2, timestamps: true },
      { since: now() - 4, until: now() - 2 },
    ]) {
      const found = await ours(name, query, '');
      const expected = await engines(name, query);
      expect([Type, tty, found.path]).toEqual([Type, tty, 'engine-tail']);
      expect([Type, tty, found.bytes.equals(expected.bytes)]).toEqual([Type, tty, true]);
      expect(found.lines).toEqual(expected.lines);
    }
  };
  await Promise.all(kinds.map(compare));
}, 90_000);

test('a window of a compressed log is whole', async () => {
  const compare = async ([Type, tty]: (typeof kinds)[number]) => {
    const Config = { 'max-size': '60k', 'max-file': '20', ...(Type === 'local' ? {} : { compress: 'true' }) };
    const name = await run(`packed-${Type}-${tty}`, chatter, { Type, Config }, tty);
    const since = now() - 3;
    const all = (await engines(name, { timestamps: true })).bytes.toString();
    const stamps = [...all.matchAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z /g)];
    const first = stamps.findIndex(([stamp]) => stamp >= timeOf(since).replace('Z', '.'));
    expect(first).toBeGreaterThan(100);
    const expected = all.slice(stamps[first]?.index);
    for (const folder of Type === 'local' ? [''] : ['', engineLogs]) {
      const found = await ours(name, { since, timestamps: true }, folder);
      expect(found.path).toBe(folder === '' ? 'engine' : 'file');
      expect(found.bytes.toString()).toBe(expected);
    }
  };
  await Promise.all(kinds.map(compare));
}, 60_000);

/** A container that has ended, with this log written in its place. */
async function withLog(name: string, text: string) {
  const container = await run(name, ':', { Type: 'json-file', Config: {} });
  const { LogPath } = await docker.inspect(container, soon());
  await writeFile(LogPath, text);
  return { name: container, path: LogPath };
}

const seconds = (count: number, end: number): Logged[] =>
  Array.from({ length: count }, (_, index) => {
    const at = end - count + 1 + index;
    return { text: `${at}\n`, stream: index % 3 === 0 ? 'stderr' : 'stdout', time: timeOf(at) };
  });

test('a clock that went back does not hide lines, whichever way the log is read', async () => {
  const at = now();
  const log = [...seconds(60_000, at - 200), ...seconds(1000, at - 2500), ...seconds(100, at)];
  const { name } = await withLog('back', log.map(jsonLine).join(''));
  const query = { since: at - 300 };
  const expected = (await engines(name, query)).bytes;
  expect(expected.toString().split('\n')).toHaveLength(202);
  for (const folder of ['', engineLogs]) {
    const found = await ours(name, query, folder);
    expect(found.bytes.equals(expected)).toBe(true);
    expect(found.path).toBe(folder === '' ? 'engine' : 'file');
  }
});

test('behind damage the engine reads nothing, and the files everything', async () => {
  const line = (text: string) => jsonLine({ text: `${text}\n`, stream: 'stdout', time: timeOf(now()) });
  const { name, path } = await withLog('damaged', `${line('a')}{"log":"torn${line('b')}${line('c')}`);
  expect((await engines(name, {})).bytes.toString()).toBe('a\n');
  const found = await ours(name, {}, engineLogs);
  expect(found.bytes.toString()).toBe('a\nb\nc\n');
  expect(found.warnings).toEqual(['an entry of the log is damaged and left out: 12 bytes of its files']);
  await appendFile(path, '{"log":"half');
  expect((await ours(name, {}, engineLogs)).warnings).toEqual([
    '2 entries of the log are damaged and left out: 24 bytes of its files',
  ]);
});

test('a driver that cannot be read is the engine’s to explain, also when its files could be looked at', async () => {
  const name = await run('none', 'echo lost', { Type: 'none' });
  await expect(ours(name, { since: now() - 60 }, engineLogs)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(ours('not-there', { since: 5 }, engineLogs)).rejects.toMatchObject({ code: 'not-found' });
});
