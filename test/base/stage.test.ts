import { inParallel } from '../../module/base/parallel.ts';
import { gather } from '../../module/base/stage.ts';

async function* parts(...sizes: readonly number[]) {
  for (const size of sizes) yield Buffer.alloc(size, size);
}

test('small buffers are gathered, in order and without loss', async () => {
  const out: Buffer[] = [];
  for await (const part of gather(10)(parts(4, 0, 4, 4, 20, 1))) out.push(part);
  expect(out.map(({ length }) => length)).toEqual([12, 20, 1]);
  expect(Buffer.concat(out)).toEqual(Buffer.concat([4, 4, 4, 20, 1].map((size) => Buffer.alloc(size, size))));
});

test('at most so many run at a time, and every item is worked on', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await inParallel(2, [1, 2, 3, 4, 5], async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setTimeout(resolve, 5));
    running -= 1;
    done.push(item);
  });
  expect(most).toBe(2);
  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5]);
});
