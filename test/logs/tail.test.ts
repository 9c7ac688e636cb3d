import fc from 'fast-check';
import type { Line } from '../../module/logs/lines.ts';
import { collectLosses } from '../../module/logs/loss.ts';
import { lastLines } from '../../module/logs/tail.ts';
import { gathered, streamed } from './support/frames.ts';

const line = (text: string): Line => ({ stream: 'stdout', raw: Buffer.from(text) });

test('the last so many lines are left, in order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(fc.string())), fc.nat(12), async (batches, count) => {
      const warnings: string[] = [];
      const source = streamed(batches.map((batch) => batch.map(line)));
      const left = (await gathered(lastLines(count, collectLosses(warnings))(source))).flat();
      const all = batches.flat();
      expect(left.map(({ raw }) => raw.toString())).toEqual(all.slice(Math.max(0, all.length - count)));
      expect(warnings).toEqual([]);
    }),
  );
});

test('more than the memory that there is for it is not kept, and that is said', async () => {
  const warnings: string[] = [];
  const batches = Array.from({ length: 100 }, (_, index) => [line(`${index}`.padEnd(1024, '.'))]);
  const left = (await gathered(lastLines(50, collectLosses(warnings), 10 * 1024)(streamed(batches)))).flat();
  expect(left.map(({ raw }) => Number.parseInt(raw.toString(), 10))).toEqual([90, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
  expect(warnings).toEqual(['the tail is cut to its last 10 lines, since more than 0.009765625 MiB are not kept']);
});
