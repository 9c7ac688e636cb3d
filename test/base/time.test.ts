import { SupportError } from '../../module/base/errors.ts';
import { describeMs, within } from '../../module/base/time.ts';

test('work that ends in time gives its value and leaves no timer', async () => {
  expect(await within(1000, 'x', async () => 5)).toBe(5);
});

test('work that does not end is given up with a sentence, and its signal says so', async () => {
  let seen: AbortSignal | undefined;
  const waiting = within(20, 'Reading the twin', (signal) => {
    seen = signal;
    return new Promise(() => undefined);
  });
  await expect(waiting).rejects.toThrow(new SupportError('timeout', 'Reading the twin did not finish within 20 ms.'));
  expect(seen?.aborted).toBe(true);
});

test('an outer signal ends the wait with its own reason', async () => {
  const outer = new AbortController();
  const waiting = within(10_000, 'x', () => new Promise(() => undefined), outer.signal);
  outer.abort(new Error('called off'));
  await expect(waiting).rejects.toThrow('called off');
  await expect(within(1000, 'x', async () => 1, outer.signal)).rejects.toThrow('called off');
});

test('durations read as a person says them', () => {
  expect([250, 20_000, 1500, 300_000].map(describeMs)).toEqual(['250 ms', '20 s', '1.5 s', '5 min']);
});
