import fc from 'fast-check';
import type { Docker, LogQuery, RawLog } from '../../module/docker/docker.ts';
import { collectLosses } from '../../module/logs/loss.ts';
import { payload } from '../../module/logs/payload.ts';
import { openLog } from '../../module/logs/source.ts';
import { openWindow, type TailLimits, tailLimits } from '../../module/logs/window.ts';
import { gathered } from './support/frames.ts';
import { answer, inspected, type Logged, timeOf } from './support/json-file.ts';
import { windowEngine } from './support/window-engine.ts';

const never = new AbortController().signal;
const noon = Date.parse('2026-01-01T12:00:00Z') / 1000;
const clock = { now: noon, boot: noon - 86_400 };

/** So many lines, one a second, the last of them at noon. */
const seconds = (count: number, end = noon): Logged[] =>
  Array.from({ length: count }, (_, index) => {
    const at = end - count + 1 + index;
    return { text: `${at}\n`, stream: index % 3 === 0 ? 'stderr' : 'stdout', time: timeOf(at) };
  });
const textOf = (log: readonly Logged[]) => log.map(({ text }) => text).join('');

type Query = LogQuery & { readonly since: number };

async function read(
  docker: Docker,
  query: Query,
  limits?: TailLimits,
  own = clock,
  container = inspected('json-file', { compress: 'false' }),
) {
  const raw = await openWindow(docker, container, query, own, never, limits);
  return raw && Buffer.concat(await gathered(payload(raw.tty, collectLosses([]))(raw.body))).toString();
}

const json = { driver: 'json-file' };

test.each([
  ['json-file', json],
  ['TTY', { ...json, tty: true }],
])('the end of a log holds the window: %s', async (_, options) => {
  const log = seconds(100_000);
  const docker = windowEngine(() => log, options);
  const query = { since: noon - 300 };
  expect(await read(docker, query)).toBe(textOf(answer(log, query)));
  expect(docker.asked).toEqual([
    { timestamps: true },
    { tail: 1000, timestamps: true },
    { tail: 5000, timestamps: true },
    { tail: 1303, since: query.since },
    { tail: 1303, timestamps: true },
  ]);
  // Of all but the survey and the answer only the first block is wanted.
  expect(docker.taken).toEqual([1, 1, 500, 31, 1]);
});

test('a larger window takes a longer tail; until is the engine’s business', async () => {
  const log = seconds(100_000);
  const docker = windowEngine(() => log);
  const query = { since: noon - 5000, until: noon - 4000, timestamps: true };
  const raw = await openWindow(docker, inspected('json-file', { compress: 'false' }), query, clock, never);
  expect(Buffer.concat(await gathered((raw as RawLog).body)).length).toBeGreaterThan(40_000);
  expect(docker.asked.slice(1, 3).map(({ tail }) => tail)).toEqual([1000, 6259]);
  expect(docker.asked[4]).toEqual({ ...query, tail: 6003 });
});

test.each<[string, readonly Logged[], Partial<TailLimits>]>([
  ['the window is a large part of the log', seconds(500), {}],
  ['the window begins before the log', seconds(100), {}],
  ['the log is empty', [], {}],
  ['the tail would be too long', seconds(100_000), { most: 100 }],
  ['the clock goes back within the lines that are looked at', [...seconds(9000, noon - 200), ...seconds(300)], {}],
  ['the last lines are older than the first', [...seconds(9000), ...seconds(1500, noon - 40_000)], {}],
])('the engine searches the whole log when %s', async (_, log, limits) => {
  expect(
    await read(
      windowEngine(() => log),
      { since: noon - 300 },
      { ...tailLimits, ...limits },
    ),
  ).toBeUndefined();
});

test('the engine searches the whole log when the device was started within the window', async () => {
  const back = [...seconds(20_000, noon - 200), ...seconds(3000, noon - 1200), ...seconds(60)];
  const docker = windowEngine(() => back);
  expect(await read(docker, { since: noon - 300 }, tailLimits, { now: noon, boot: noon - 150 })).toBeUndefined();
  expect(
    await read(docker, { since: noon - 300 }, tailLimits, { now: noon, boot: undefined as never }),
  ).toBeUndefined();
  expect(docker.asked).toEqual([]);
});

test('the engine searches the whole log when the container started before it had ended', async () => {
  const container = inspected('json-file');
  const ended = { ...container, State: { ...container.State, FinishedAt: '2026-01-01T11:00:00Z' } };
  expect(
    await read(
      windowEngine(() => seconds(9999)),
      { since: noon - 300 },
      tailLimits,
      clock,
      ended,
    ),
  ).toBeUndefined();
});

test.each(['journald', 'none'])('a log of %s is not asked for tails', async (driver) => {
  const docker = windowEngine(() => seconds(9999), { driver });
  expect(await read(docker, { since: noon - 300 }, tailLimits, clock, inspected(driver))).toBeUndefined();
  expect(docker.asked).toEqual([]);
});

test('lines that come between two questions cost no line of the window', async () => {
  for (const [burst, complete] of [
    [900, true],
    [5000, false],
  ] as const) {
    const log = seconds(100_000);
    const docker = windowEngine(() => {
      // The last question but one is the one for the answer.
      if (docker.asked.length === 4) log.push(...seconds(1, noon + 1).flatMap((line) => Array(burst).fill(line)));
      return log;
    });
    const query = { since: noon - 300 };
    const found = await read(docker, query);
    expect(found).toBe(complete ? textOf(answer(log, query)) : undefined);
  }
});

test('random logs, times in any order, give what the engine gives for the whole log', async () => {
  const step = fc.oneof(
    { weight: 12, arbitrary: fc.nat(20) },
    { weight: 1, arbitrary: fc.integer({ min: -300, max: 300 }) },
  );
  let tails = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 80 }),
      fc.nat(120),
      fc.option(fc.nat(200), { nil: undefined }),
      fc.boolean(),
      fc.boolean(),
      async (steps, back, ahead, tty, timestamps) => {
        let at = noon;
        const log = steps.map((own, index): Logged => {
          at += own;
          return { text: `${index}\n`, stream: index % 2 === 0 ? 'stdout' : 'stderr', time: timeOf(at) };
        });
        const since = at - back;
        const query = { since, timestamps, ...(ahead === undefined ? {} : { until: since + ahead }) };
        const docker = windowEngine(() => log, { tty });
        const found = await read(docker, query, { least: 2, most: 64, lookBack: 100 }, { now: at, boot: noon - 9999 });
        if (found === undefined) return;
        tails += 1;
        const whole = windowEngine(() => log, { tty });
        const { body } = await whole.logs('m1', query, never);
        expect(found).toBe(Buffer.concat(await gathered(payload(tty, collectLosses([]))(body))).toString());
      },
    ),
    { numRuns: 500 },
  );
  expect(tails).toBeGreaterThan(50);
});

test('a log says which way it came, and an engine that refuses tails is asked for the whole', async () => {
  const now = Math.floor(Date.now() / 1000);
  const log = seconds(20_000, now);
  const config = { compress: 'false' };
  const query = { since: now - 100 };
  const opened = async (docker: Docker, own: LogQuery) => {
    const found = await openLog({ docker }, 'm1', own, collectLosses([]), never);
    return [found.path, Buffer.concat(await gathered(found.payload())).toString()];
  };
  const docker = windowEngine(() => log, { config });
  expect(await opened(docker, query)).toEqual(['engine-tail', textOf(answer(log, query))]);
  expect(await opened(docker, { tail: 5 })).toEqual(['engine', textOf(log.slice(-5))]);
  const refusing: Docker = {
    ...docker,
    logs: async (name, own, signal) => {
      if (own.tail !== undefined) throw new Error('no tails');
      return docker.logs(name, own, signal);
    },
  };
  expect(await opened(refusing, query)).toEqual(['engine', textOf(answer(log, query))]);
});
