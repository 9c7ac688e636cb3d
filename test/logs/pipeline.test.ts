import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { encodedLog, type LogFormat, readItems } from '../../module/logs/logs.ts';
import { createRedactor } from '../../module/redact/redact.ts';
import { gathered } from './support/frames.ts';
import { type LoggedLine, logEngine } from './support/log-engine.ts';

/*
 * Random logs, chunkings, windows and filters through the whole pipeline give what a simple reference over all lines
 * gives, in every format.
 */

const start = Date.parse('2026-01-01T00:00:00Z') / 1000;
const redactor = createRedactor({ key: Buffer.alloc(32), known: () => [] });
const now = new Date('2026-02-01T00:00:00Z');

const line = fc.record({
  level: fc.option(fc.integer({ min: 0, max: 7 }), { nil: undefined }),
  text: fc.oneof(
    fc.constantFrom('alpha', 'beta 42', 'ünï ‹x›', '  indented', ''),
    fc.string({ unit: 'grapheme', maxLength: 30 }),
  ),
  stderr: fc.boolean(),
});

/** A log whose engine timestamps go on by half seconds. */
const log = fc.array(line, { maxLength: 60, size: 'max' }).map((lines): LoggedLine[] =>
  lines.map(({ level, text, stderr }, index) => ({
    ts: new Date((start + index / 2) * 1000).toISOString().replace('Z', '000000Z'),
    stream: stderr ? 'stderr' : 'stdout',
    raw: `${level === undefined ? '' : `<${level}> `}${text.replaceAll('\n', ' ')}\n`,
  })),
);

const second = fc.integer({ min: 0, max: 35 }).map((offset) => start + offset);
/** Mostly absent, so that a few filters at a time leave something over. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(undefined), weight: 2 }, { arbitrary, weight: 1 });

const filter = fc.record({
  since: seldom(second.map(String)),
  until: seldom(second.map(String)),
  tail: seldom(fc.integer({ min: 0, max: 40 })),
  loglevel: seldom(fc.integer({ min: 2, max: 7 })),
  minLevel: seldom(fc.integer({ min: 2, max: 7 }).map(String)),
  regex: seldom(fc.constantFrom('a', '^beta', '(?i)ALPHA', '\\d+$', 'x|ü')),
});

type Filter = typeof filter extends fc.Arbitrary<infer T> ? T : never;

/** The lines that are wanted, the simple way. */
function wanted(lines: readonly LoggedLine[], { since, until, tail, loglevel, minLevel, regex }: Filter): LoggedLine[] {
  const level = ({ raw }: LoggedLine) => Number(/^\s*<(\d)>/.exec(raw)?.[1] ?? 6);
  const text = ({ raw }: LoggedLine) => raw.replace(/^\s*(?:<\d>)?\s*/, '').replace(/\n$/, '');
  const pattern =
    regex === undefined ? undefined : new RegExp(regex.replace('(?i)', ''), regex.startsWith('(?i)') ? 'i' : '');
  const kept = lines.filter(
    (one) =>
      (since === undefined || Date.parse(one.ts) / 1000 >= Number(since)) &&
      (until === undefined || Date.parse(one.ts) / 1000 <= Number(until)) &&
      (loglevel === undefined || level(one) === loglevel) &&
      (minLevel === undefined || level(one) <= Number(minLevel)) &&
      (pattern === undefined || pattern.test(text(one))),
  );
  if (until !== undefined && Number(until) <= Number(since ?? 0)) return [];
  return tail === undefined ? kept : tail === 0 ? [] : kept.slice(-tail);
}

async function run(lines: readonly LoggedLine[], cuts: readonly number[], asked: Filter, format: LogFormat) {
  const [selector] = readItems([{ id: 'm', filter: asked }], now);
  if (!selector) throw new Error('one item gives one selector');
  const source = { docker: logEngine(lines, cuts), redactor, iothub: 'h', device: 'd' };
  const count = { lines: 0, bytes: 0, warnings: [] };
  const parts = await gathered(encodedLog(source, 'm', selector.ask, format, count, new AbortController().signal));
  const content = Buffer.concat(parts);
  return { text: (format.encoding === 'gzip' ? gunzipSync(content) : content).toString(), count };
}

test('whatever is asked of whatever log, the wanted lines come, all of them and in order', async () => {
  const seen = new Map<boolean, number>();
  await fc.assert(
    fc.asyncProperty(
      log,
      fc.array(fc.nat(), { maxLength: 20 }),
      filter,
      fc.constantFrom('none' as const, 'gzip' as const),
      async (lines, cuts, asked, encoding) => {
        const expected = wanted(lines, asked);
        seen.set(expected.length > 0, (seen.get(expected.length > 0) ?? 0) + 1);
        const plain = await run(lines, cuts, asked, { contentType: 'text', encoding });
        expect(plain.text).toBe(expected.map(({ raw }) => raw).join(''));
        expect(plain.count.lines).toBe(expected.length);
        const json = await run(lines, cuts, asked, { contentType: 'json', encoding });
        const records = JSON.parse(json.text) as { text: string; stream: string }[];
        expect(records.map(({ stream }) => stream)).toEqual(expected.map(({ stream }) => stream));
        const ndjson = await run(lines, cuts, asked, { contentType: 'ndjson', encoding });
        expect(
          ndjson.text === ''
            ? []
            : ndjson.text
                .trimEnd()
                .split('\n')
                .map((one) => JSON.parse(one)),
        ).toEqual(records);
      },
    ),
    { numRuns: 300 },
  );
  // The test would show nothing if hardly any run had lines to compare.
  expect(seen.get(true)).toBeGreaterThan(100);
}, 60_000);

test('a log that breaks off is delivered up to there and says so; one that cannot be begun rejects', async () => {
  const lines = [{ ts: '2026-01-01T00:00:00.000000000Z', stream: 'stdout', raw: 'first\n' }];
  const engine = logEngine(lines);
  const breaking = (after: boolean): typeof engine => ({
    ...engine,
    logs: async (name, query, signal) => {
      const { body } = await engine.logs(name, query, signal);
      return {
        tty: false,
        body: (async function* () {
          if (after) yield* body;
          throw new Error('the engine is gone');
        })(),
      };
    },
  });
  const read = async (after: boolean) => {
    const count = { lines: 0, bytes: 0, warnings: [] as string[] };
    const source = { docker: breaking(after), redactor, iothub: 'h', device: 'd' };
    const format = { contentType: 'ndjson', encoding: 'none' } as const;
    const ask = { timestamps: false };
    const parts = await gathered(encodedLog(source, 'm', ask, format, count, new AbortController().signal));
    return { text: Buffer.concat(parts).toString(), warnings: count.warnings };
  };
  const { text, warnings } = await read(true);
  expect(JSON.parse(text)).toMatchObject({ text: 'first' });
  expect(warnings).toEqual(['the log breaks off here: the engine is gone']);
  await expect(read(false)).rejects.toThrow('the engine is gone');
});
