import { readItems } from '../../module/logs/logs.ts';
import { collectLosses } from '../../module/logs/loss.ts';
import { openLog } from '../../module/logs/source.ts';
import { searchBack } from '../../module/logs/wanted.ts';
import type { LoggedLine } from './support/log-engine.ts';
import { logEngine } from './support/log-engine.ts';

const never = new AbortController().signal;
const ts = '2026-01-01T00:00:00.000000000Z';

/** Searches a log for its last errors, and counts how often the engine was asked. */
async function search(log: readonly LoggedLine[], tail: number, deadline?: number) {
  const docker = logEngine(log);
  const losses = collectLosses([]);
  const [selector] = readItems([{ id: 'm', filter: { tail, minLevel: 'error' } }], new Date());
  if (!selector) throw new Error('one item gives one selector');
  const open = async ({ tail: look }: { tail?: number }) =>
    openLog({ docker }, 'm', { ...(look === undefined ? {} : { tail: look }), timestamps: true }, losses, never);
  const { found, from } = await searchBack(open, { ...selector.ask, tail }, losses, never, deadline);
  return { texts: found.map(({ text }) => text), from, asked: docker.asked.map((query) => query.tail) };
}

const line = (level: number, text: string): LoggedLine => ({ ts, stream: 'stdout', raw: `<${level}> ${text}\n` });
const many = (count: number) => Array.from({ length: count }, (_, index) => line(6, `line ${index}`));

test('what lies at the end is found with one look', async () => {
  const { texts, asked } = await search([...many(50_000), line(3, 'bad'), ...many(500)], 1);
  expect(texts).toEqual(['bad']);
  expect(asked).toEqual([1000]);
});

test('what lies further back is found with growing looks', async () => {
  const { texts, asked } = await search([line(3, 'first'), ...many(20_000), line(3, 'second'), ...many(2000)], 2);
  expect(texts).toEqual(['first', 'second']);
  expect(asked).toEqual([1000, 8000, 64_000]);
});

test('long lines, which the engine counts piece by piece, do not end the search early', async () => {
  // Each comes in three pieces: a look of 1,000 pieces shows 333 lines.
  const pieces = many(400).flatMap(({ raw }) => [
    { ts, stream: 'stdout', raw: raw.replace('\n', 'x'.repeat(16_384 - raw.length + 1)) },
    { ts, stream: 'stdout', raw: 'y'.repeat(16_384) },
    { ts, stream: 'stdout', raw: 'end\n' },
  ]);
  const { texts, asked } = await search([line(3, 'before them'), ...pieces], 1);
  expect(texts).toEqual(['before them']);
  expect(asked).toEqual([1000, 8000]);
});

test('at its deadline a search says from where it would go on', async () => {
  const { texts, from } = await search([line(3, 'far away'), ...many(20_000)], 1, 0);
  expect(texts).toEqual([]);
  expect(from).toBe(ts);
});
