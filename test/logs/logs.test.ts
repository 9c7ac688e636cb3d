import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { SupportError } from '../../module/base/errors.ts';
import type { Docker } from '../../module/docker/docker.ts';
import {
  encodedLog,
  type LogCount,
  type LogFilter,
  type LogFormat,
  readItems,
  textLog,
} from '../../module/logs/logs.ts';
import { parseLine } from '../../module/logs/parse.ts';
import { createRedactor } from '../../module/redact/redact.ts';
import { frame, gathered, streamed } from './support/frames.ts';
import { type LoggedLine, logEngine } from './support/log-engine.ts';

const text: LogFormat = { contentType: 'text', encoding: 'none' };
const json: LogFormat = { contentType: 'json', encoding: 'none' };
const secret = 'hunter2hunter2';
const redactor = createRedactor({ key: Buffer.from('key'), known: () => [secret] });
const never = new AbortController().signal;
const newCount = (): LogCount => ({ lines: 0, bytes: 0, warnings: [] });

async function read(docker: Docker, filter: LogFilter, format: LogFormat, count = newCount(), signal = never) {
  const [selector] = readItems([{ id: 'all', filter }], new Date('2026-01-01T01:00:00Z'));
  if (!selector) throw new Error('no selector');
  const source = { docker, redactor, iothub: 'hub', device: 'dev' };
  const parts = await gathered(encodedLog(source, 'm1', selector.ask, format, count, signal));
  return Buffer.concat(parts);
}

const start = Date.parse('2026-01-01T00:00:00Z');

/** Logs whose timestamps go forward, from 00:00 on. */
const anyLog: fc.Arbitrary<LoggedLine[]> = fc
  .array(
    fc.record({
      gap: fc.nat(90),
      stream: fc.constantFrom('stdout', 'stderr'),
      level: fc.constantFrom('', '<3> ', '<4> ', '<6> '),
      text: fc.constantFrom('', 'disk full', 'disk ok', 'all is well', 'ünïcode ✓', 'tab\tand "quotes"'),
    }),
    { maxLength: 30 },
  )
  .map((entries) => {
    let seconds = 0;
    return entries.map(({ gap, stream, level, text }) => {
      seconds += gap;
      const ts = new Date(start + seconds * 1000 + 500).toISOString().replace('Z', '000000Z');
      return { ts, stream, raw: `${level}${text}\n` };
    });
  });

const anyFilter: fc.Arbitrary<LogFilter> = fc.record(
  {
    tail: fc.nat(8),
    since: fc.nat(900).map((seconds) => String(start / 1000 + seconds)),
    until: fc.nat(1800).map((seconds) => String(start / 1000 + seconds)),
    loglevel: fc.constantFrom(3, 4, 6),
    regex: fc.constantFrom('', 'disk', '^all', '✓$', '(?i)QUOTES'),
    includeTimestamp: fc.boolean(),
  },
  { requiredKeys: [] },
);

/** What is asked for, said as simply as possible: window, level and pattern, tail. */
function reference(log: readonly LoggedLine[], filter: LogFilter): readonly LoggedLine[] {
  const { tail, since = '0', until = '99999999999', loglevel, regex = '' } = filter;
  const flags = regex.startsWith('(?i)') ? 'i' : '';
  const kept = log
    .filter(({ ts }) => Date.parse(ts) / 1000 >= Number(since) && Date.parse(ts) / 1000 < Number(until))
    .filter(({ raw }) => loglevel === undefined || parseLine(raw).level === loglevel)
    .filter(({ raw }) => new RegExp(regex.replace('(?i)', ''), flags).test(parseLine(raw).text));
  return tail === undefined ? kept : tail === 0 ? [] : kept.slice(-tail);
}

test('random logs, chunks, windows and filters give what a simple reference gives', async () => {
  await fc.assert(
    fc.asyncProperty(anyLog, anyFilter, fc.array(fc.nat()), async (log, filter, cuts) => {
      const expected = reference(log, filter);
      const count = newCount();
      const plain = await read(logEngine(log, cuts), filter, text, count);
      const stamped = filter.includeTimestamp
        ? ({ ts, raw }: LoggedLine) => `${ts} ${raw}`
        : ({ raw }: LoggedLine) => raw;
      expect(plain.toString()).toBe(expected.map(stamped).join(''));
      expect(count).toMatchObject({ lines: expected.length, bytes: plain.length });

      const records = JSON.parse((await read(logEngine(log, cuts), filter, json)).toString());
      expect(records).toEqual(
        expected.map(({ stream, raw }) => ({
          iothub: 'hub',
          device: 'dev',
          id: 'm1',
          stream,
          loglevel: parseLine(raw).level,
          text: parseLine(raw).text,
          timestamp: expect.stringMatching(/^2026-01-01T00:\d\d:\d\d\.5\+00:00$/),
        })),
      );
    }),
    { numRuns: 150 },
  );
}, 60_000);

test('the engine is asked for a tail only where its tail is the one that is meant', async () => {
  const tails = async (filter: LogFilter) => {
    const docker = logEngine([]);
    await read(docker, filter, text);
    return docker.asked;
  };
  expect(await tails({ tail: 5 })).toEqual([{ tail: 5, timestamps: false }]);
  expect(await tails({ tail: 5, since: '100' })).toEqual([{ tail: 5, since: 100, timestamps: false }]);
  expect(await tails({ tail: 5, until: '100' })).toEqual([{ tail: 1000, timestamps: true }]);
  expect(await tails({ tail: 5, loglevel: 3 })).toEqual([{ tail: 1000, timestamps: true }]);
  expect(await tails({ tail: 5, regex: 'x' })).toEqual([{ tail: 1000, timestamps: true }]);
  expect(await tails({ tail: 5, regex: '' })).toEqual([{ tail: 5, timestamps: false }]);
  expect(await tails({ since: '-5' })).toEqual([{ timestamps: false }]);
});

test('a window that ends before it begins is empty, which is said; 0 is not taken for "no limit"', async () => {
  const log = [{ ts: '2026-01-01T00:00:00.000000000Z', stream: 'stdout', raw: 'a\n' }];
  const windows = [{ until: '0' }, { until: '-5' }, { since: '10', until: '10' }, { since: '1m', until: '1h' }];
  for (const filter of windows.flatMap((window) => [
    window,
    { ...window, tail: 1 },
    { ...window, minLevel: 'error' },
  ])) {
    const docker = logEngine(log);
    const count = newCount();
    expect((await read(docker, filter, text, count)).length).toBe(0);
    expect(docker.asked).toEqual([]);
    expect(count.warnings).toEqual(['since is not before until, so no line can be between them']);
  }
});

test('the module’s own secrets are taken out of text and of JSON texts, and the log’s own bytes are counted', async () => {
  const raw = `<6> key "${secret}" end\n`;
  const docker = () => logEngine([{ ts: '2026-01-01T00:00:00.000000000Z', stream: 'stdout', raw }]);
  const count = { ...newCount(), account: new Map<string, number>() };
  expect((await read(docker(), {}, text, count)).toString()).toBe(`<6> key "${redactor.token(secret)}" end\n`);
  expect(count).toMatchObject({ lines: 1, bytes: raw.length });
  expect(count.account).toEqual(new Map([['known-secret', 1]]));
  const [record] = JSON.parse((await read(docker(), {}, json)).toString());
  expect(record.text).toBe(`key "${redactor.token(secret)}" end`);
});

test('the log for a bundle loses everything that looks like a secret', async () => {
  const raw = 'HostName=h;SharedAccessKey=ZmFrZWtleWZha2VrZXlmYWtla2V5\n';
  const docker = logEngine([{ ts: '2026-01-01T00:00:00.000000000Z', stream: 'stdout', raw }]);
  const parts = await gathered(textLog({ docker, redactor }, 'm1', {}, newCount(), never));
  expect(Buffer.concat(parts).toString()).toMatch(/^HostName=h;SharedAccessKey=‹secret:[0-9a-f]{12}›\n$/);
});

test('gzip is one member of the size that gzip -6 gives', async () => {
  const log = Array.from({ length: 5000 }, (_, index) => ({
    ts: '2026-01-01T00:00:00.000000000Z',
    stream: 'stdout',
    raw: `<6> message ${index} of ${index * 7919}\n`,
  }));
  const plain = Buffer.from(log.map(({ raw }) => raw).join(''));
  const zipped = await read(logEngine(log), {}, { contentType: 'text', encoding: 'gzip' });
  expect(gunzipSync(zipped)).toEqual(plain);
  expect(zipped.length).toBeLessThan(gzipSync(plain, { level: 6 }).length * 1.05);
  const empty = await read(logEngine([]), {}, { contentType: 'json', encoding: 'gzip' });
  expect(gunzipSync(empty).toString()).toBe('[]');
});

test.each([
  ['text', 'none'],
  ['text', 'gzip'],
  ['json', 'gzip'],
] as const)(
  'of an engine that fails in the middle, what came is delivered, and said: %s, %s',
  async (contentType, encoding) => {
    const dying = async function* () {
      yield frame(1, '2026-01-01T00:00:00.000000000Z a\n');
      throw new SupportError('unavailable', 'the engine died');
    };
    const docker: Docker = { ...logEngine([]), logs: async () => ({ tty: false, body: dying() }) };
    for (const filter of [{}, { tail: 3, loglevel: 6 }]) {
      const count = newCount();
      const content = await read(docker, filter, { contentType, encoding }, count);
      expect((encoding === 'gzip' ? gunzipSync(content) : content).toString()).toContain('a');
      expect(count.warnings).toEqual(['the log breaks off here: the engine died']);
    }
  },
);

test.each([
  ['text', 'none'],
  ['text', 'gzip'],
  ['json', 'none'],
] as const)('a reader that stops ends the engine’s answer: %s, %s', async (contentType, encoding) => {
  let left = false;
  const body = (async function* () {
    try {
      for (;;) yield frame(1, `${'x'.repeat(15_000)}\n`);
    } finally {
      left = true;
    }
  })();
  const docker: Docker = { ...logEngine([]), logs: async () => ({ tty: false, body }) };
  const [selector] = readItems([{ id: 'all', filter: { regex: 'x' } }], new Date());
  if (!selector) throw new Error('no selector');
  const source = { docker, redactor, iothub: 'hub', device: 'dev' };
  for await (const part of encodedLog(source, 'm', selector.ask, { contentType, encoding }, newCount(), never)) {
    if (part.length > 0) break;
  }
  expect(left).toBe(true);
});

test('a pattern that is too slow on a line fails the log by name', async () => {
  const raw = `${'a'.repeat(60)}!\n`;
  const docker = logEngine([{ ts: '2026-01-01T00:00:00.000000000Z', stream: 'stdout', raw }]);
  await expect(read(docker, { regex: '(?=x*)((a+)+)\\2$' }, text)).rejects.toThrow(
    /^items\[0\]\.filter\.regex: .* took more than 2 s/,
  );
}, 10_000);

test('unfinished last lines and TTY logs are counted and kept as they are', async () => {
  const count = newCount();
  const docker: Docker = {
    ...logEngine([]),
    logs: async () => ({ tty: true, body: streamed([Buffer.from('a\r\n'), Buffer.from('b')]) }),
  };
  expect((await read(docker, {}, text, count)).toString()).toBe('a\r\nb');
  expect(count).toMatchObject({ lines: 2, bytes: 4 });
});
