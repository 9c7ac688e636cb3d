import fc from 'fast-check';
import { collectLosses } from '../../module/logs/loss.ts';
import { payload } from '../../module/logs/payload.ts';
import { onlySince } from '../../module/logs/since.ts';
import { openLog } from '../../module/logs/source.ts';
import { cutAt, frame, gathered, streamed } from './support/frames.ts';
import { answer, type Logged, timeOf } from './support/json-file.ts';
import { windowEngine } from './support/window-engine.ts';

const noon = Date.parse('2026-01-01T12:00:00Z') / 1000;
const never = new AbortController().signal;

test('random logs, cut anywhere, are what the engine would give for since', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: -60, max: 60 }), fc.constantFrom('', 'text', 'é'.repeat(50)))),
      fc.array(fc.nat()),
      fc.boolean(),
      fc.boolean(),
      async (steps, cuts, tty, timestamps) => {
        const log = steps.map(([offset, text], index): Logged => {
          return { text: `${text}\n`, stream: index % 2 === 0 ? 'stdout' : 'stderr', time: timeOf(noon + offset) };
        });
        const ask = async (own: boolean, lines: readonly Logged[]) => {
          const { body } = await windowEngine(() => lines, { tty }).logs('m1', { timestamps: own }, never);
          return Buffer.concat(await gathered(body));
        };
        const body = cutAt(await ask(true, log), cuts);
        const found = Buffer.concat(await gathered(onlySince(tty, noon, timestamps)(streamed(body))));
        expect(found.toString()).toBe((await ask(timestamps, answer(log, { since: noon }))).toString());
      },
    ),
  );
});

test('what the engine says of itself is passed on, and so is what has no timestamp', async () => {
  const body = [frame(3, 'broken'), frame(1, 'no time\n')];
  expect(Buffer.concat(await gathered(onlySince(false, noon, false)(streamed(body))))).toEqual(Buffer.concat(body));
});

test('pieces of a long line of a TTY lose their timestamps', async () => {
  const stamp = '2026-01-01T12:00:00.000000000Z ';
  const [a, b] = ['a'.repeat(16_384), 'b'.repeat(16_384)];
  const body = [Buffer.from(`${stamp}${a}${stamp}${b}${stamp}end${stamp}\r\n${stamp}next ${stamp}\n`)];
  expect(Buffer.concat(await gathered(onlySince(true, noon, false)(streamed(body)))).toString()).toBe(
    `${a}${b}end\r\nnext ${stamp}\n`,
  );
});

test.each([
  ['local', {}],
  ['json-file', { compress: 'true' }],
])('an engine that compresses is not asked for since: %s %p', async (driver, config: Record<string, string>) => {
  const log = Array.from({ length: 100 }, (_, index): Logged => {
    return { text: `${index}\n`, stream: 'stdout', time: timeOf(noon + index) };
  });
  const docker = windowEngine(() => log, { driver, config });
  const query = { since: noon + 90, tail: 20 };
  const found = await openLog({ docker }, 'm1', query, collectLosses([]), never);
  const text = Buffer.concat(await gathered(found.payload())).toString();
  expect([found.path, text]).toEqual([
    'engine',
    answer(log, query)
      .map((line) => line.text)
      .join(''),
  ]);
  expect(docker.asked).toEqual([{ tail: 20, timestamps: true }]);
  expect(
    Buffer.concat(
      await gathered(payload(false, collectLosses([]))((await docker.logs('m1', query, never)).body)),
    ).toString(),
  ).toBe(text);
});
