import { createGate } from '../../module/storage/gate.ts';
import { createLimit } from '../../module/storage/limit.ts';

const never = new AbortController().signal;
const tick = () => new Promise((resolve) => setTimeout(resolve, 1));

test('two archives at a time, the others in the order in which they came', async () => {
  const gate = createGate(2);
  const running: string[] = [];
  const ends = new Map<string, () => void>();
  const use = (name: string) =>
    gate.use(name, never, async () => {
      running.push(name);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      running.splice(running.indexOf(name), 1);
    });
  const all = ['a', 'b', 'c', 'd'].map(use);
  await tick();
  expect(running).toEqual(['a', 'b']);
  ends.get('b')?.();
  await tick();
  expect(running).toEqual(['a', 'c']);
  ends.get('a')?.();
  await tick();
  expect(running).toEqual(['c', 'd']);
  ends.get('c')?.();
  ends.get('d')?.();
  await Promise.all(all);
});

test('an archive keeps its seat while one of its requests runs, and leaves the queue when it is aborted', async () => {
  const gate = createGate(1);
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  const one = gate.use('a', never, () => first.promise);
  const stop = new AbortController();
  const left = expect(gate.use('b', stop.signal, async () => undefined)).rejects.toThrow('left');
  let ran = false;
  const last = gate.use('c', never, async () => {
    ran = true;
  });
  const two = gate.use('a', never, () => second.promise);
  stop.abort(new Error('left'));
  await left;
  first.resolve();
  await one;
  await tick();
  expect(ran).toBe(false);
  second.resolve();
  await Promise.all([two, last]);
  expect(ran).toBe(true);
});

test('what fails gives its seat back', async () => {
  const gate = createGate(1);
  await expect(gate.use('a', never, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await gate.use('b', never, async () => 'yes')).toBe('yes');
});

test('all together keep to the rate, which may change and be taken away', async () => {
  let rate = 1_000_000;
  const limit = createLimit(() => rate);
  const send = async (bytes: number) => {
    for (let left = bytes; left > 0; ) {
      const slice = Math.min(left, limit.slice());
      await limit.take(slice, never);
      left -= slice;
    }
  };
  const started = performance.now();
  await Promise.all([send(150_000), send(150_000)]);
  // The first slice goes at once.
  expect(performance.now() - started).toBeGreaterThan(200);
  rate = 0;
  expect(limit.slice()).toBe(Number.POSITIVE_INFINITY);
  const free = performance.now();
  await send(1e9);
  expect(performance.now() - free).toBeLessThan(100);
});

test('waiting for the line ends with the signal', async () => {
  const limit = createLimit(() => 1000);
  await limit.take(10_000, never);
  await expect(limit.take(1, AbortSignal.timeout(20))).rejects.toThrow();
});
