import { bundleChecks } from '../../module/checks/bundle-checks.ts';
import { defaultCheckOptions } from '../../module/checks/check.ts';
import { judgeAll } from '../../module/checks/run.ts';
import { createLogWatch } from '../../module/collectors/log-watch.ts';
import type { EngineEvent } from '../../module/docker/docker.ts';

const start = Date.UTC(2026, 10, 25, 10);
const line = (secs: number, level: 'INF' | 'ERR', text: string) => {
  const time = new Date(start + secs * 1000).toISOString().replace('T', ' ').replace('Z', ' +00:00');
  return `<${level === 'ERR' ? 3 : 6}> ${time} [${level}] - ${text}\n`;
};

/** The verdict of one check over a real log of module m, watched, and these events. */
async function judge(id: string, log: string, events: readonly EngineEvent[] = []) {
  const watch = createLogWatch('logs/m_log.txt');
  const source = (async function* () {
    yield Buffer.from(log);
  })();
  for await (const _ of watch.tap(source));
  const readings = {
    logStatistics: { value: { modules: { m: watch.read() } } },
    moduleEvents: { value: { since: start, events } },
  };
  const options = { ...defaultCheckOptions, now: new Date(start + 3_600_000) };
  return judgeAll(bundleChecks, readings, options).find((result) => result.id === id);
}

const died = (secs: number, exitCode = 139): EngineEvent => ({
  name: 'm',
  action: 'die',
  at: start + secs * 1000,
  exitCode,
});

test('log-before-exit names the first error of the trouble before an exit', async () => {
  const log = [
    line(0, 'ERR', 'long ago'),
    line(900, 'INF', 'fine'),
    line(1790, 'ERR', 'the cause'),
    line(1800, 'ERR', 'what follows'),
  ];
  expect(await judge('log-before-exit', log.join(''), [died(1801)])).toMatchObject({
    outcome: 'warning',
    details: [
      expect.stringMatching(
        /^m ended with exit code 139 at 2026-11-25T10:30:01Z; the first error before: .*the cause$/,
      ),
    ],
    info: { evidence: [{ file: 'logs/m_log.txt', line: 3 }] },
  });
});

test('log-before-exit: a trouble that went on until the exit is its trouble, however long ago it began', async () => {
  const log = Array.from({ length: 121 }, (_, at) => line(at * 30, 'ERR', at === 0 ? 'how it began' : 'again'));
  expect(await judge('log-before-exit', log.join(''), [died(3601)])).toMatchObject({
    details: [expect.stringMatching(/the first error before: .*how it began$/)],
  });
});

test('log-before-exit: without an error shortly before that is said; an exit with 0 is none', async () => {
  const quiet = await judge('log-before-exit', line(0, 'ERR', 'long ago'), [died(3000)]);
  expect(quiet?.details[0]).toMatch(/its log has no error shortly before\.$/);
  expect(await judge('log-before-exit', line(0, 'ERR', 'x'), [died(1, 0)])).toMatchObject({ outcome: 'ok' });
});

test('log-errors: a burst, or many of few lines, is too many; a few of many are not', async () => {
  const burst = Array.from({ length: 40 }, (_, at) => line(at, 'ERR', 'x')).join('');
  const rest = Array.from({ length: 5000 }, (_, at) => line(100 + at, 'INF', 'x')).join('');
  expect(await judge('log-errors', burst + rest)).toMatchObject({
    outcome: 'warning',
    details: [expect.stringMatching(/^m: 40 of 5040 lines are errors, most at 2026-11-25T10:00Z \(40 a minute\)\.$/)],
  });
  const few = Array.from({ length: 20 }, (_, at) => line(at * 120, 'ERR', 'x')).join('');
  expect(await judge('log-errors', few)).toMatchObject({ outcome: 'warning' });
  expect(await judge('log-errors', few + rest)).toMatchObject({ outcome: 'ok' });
});

test('log-clock: times that go back are told, a little disorder is not', async () => {
  const text = [line(0, 'INF', 'a'), line(5000, 'INF', 'b'), line(1000, 'INF', 'c')].join('');
  expect(await judge('log-clock', text)).toMatchObject({
    outcome: 'warning',
    details: ['m: times go back once, by 67 minutes at most.'],
  });
  expect(
    await judge('log-clock', [line(0, 'INF', 'a'), line(5, 'INF', 'b'), line(3, 'INF', 'c')].join('')),
  ).toMatchObject({ outcome: 'ok' });
});

test.each([
  '<6> 2026-11-25 10:00:01.4030021Z message 14290017, sequence 24010037, code 5504101, 44041030',
  'connected to 10.0.0.1:40300, took 403 ms, 401 of 3 retries',
])('numbers that hold a code are none: %s', async (text) => {
  const found = await Promise.all(bundleChecks.map(({ id }) => judge(id, `${text}\n`)));
  expect(found.filter((result) => result?.outcome !== 'ok').map((result) => result?.id)).toEqual([]);
});

test('a sign tells module, count, first line and where it is explained', async () => {
  const text = [
    line(0, 'INF', 'x'),
    line(1, 'ERR', 'No space left on device'),
    line(2, 'ERR', 'No space left on device'),
  ].join('');
  expect(await judge('log-disk-full', text)).toMatchObject({
    outcome: 'error',
    details: ['A module could not write: the disk is full.', expect.stringMatching(/^m, 2 times: <3> /)],
    info: { evidence: [{ line: 2 }, { line: 3 }], reference: expect.stringMatching(/^https:/) },
  });
});
