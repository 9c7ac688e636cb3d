import { gunzipSync } from 'node:zlib';
import { SupportError } from '../../module/base/errors.ts';
import type { Docker, LogQuery } from '../../module/docker/docker.ts';
import { dispatch } from '../../module/methods/index.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

interface Element {
  readonly id: string;
  readonly payload: string | null;
  readonly payloadBytes: string | null;
  readonly cursor?: string;
}

const start = Date.parse('2026-01-01T00:00:00Z');

type Stamped = (texts: readonly string[]) => readonly string[];

/** Log lines with the engine's timestamps, one a second. */
const stamped: Stamped = (texts: readonly string[]) =>
  texts.map((text, index) => `${new Date(start + index * 1000).toISOString().slice(0, 19)}.000000001Z ${text}\n`);

/** An engine whose modules' logs can be changed; it does tail, since and until as the real one (tail first). */
function engine(logs: Record<string, readonly string[]>, stamp = stamped): Docker & { logs_: typeof logs } {
  const base = memoryDocker(
    Object.fromEntries(Object.keys(logs).map((name) => [name, { state: 'running' as const, startedAt: '' }])),
  );
  const time = (line: string) => Date.parse(line.slice(0, 30)) / 1000;
  return {
    ...base,
    logs_: logs,
    logs: async (name, { since, until, tail, timestamps }: LogQuery) => {
      const lines = stamp(logs[name] ?? [])
        .slice(tail === undefined ? 0 : -tail)
        .filter((line) => (since === undefined || time(line) >= since) && (until === undefined || time(line) <= until))
        .map((line) => (timestamps ? line : line.slice(31)));
      return {
        tty: true,
        body: (async function* () {
          for (let at = 0; at < lines.length; at += 100) yield Buffer.from(lines.slice(at, at + 100).join(''));
        })(),
      };
    },
  };
}

async function get(docker: Docker, request: object): Promise<readonly Element[]> {
  const payload = Buffer.from(JSON.stringify({ schemaVersion: '1.0', ...request }));
  const answer = await dispatch({ name: 'GetModuleLogs', payload }, services({ docker }));
  expect(Buffer.byteLength(JSON.stringify(answer.body))).toBeLessThanOrEqual(128 * 1024);
  if (answer.status !== 200) throw new Error(JSON.stringify(answer));
  return answer.body as Element[];
}

const textOf = ({ payload, payloadBytes }: Element) =>
  payload ?? gunzipSync(Buffer.from(payloadBytes ?? '', 'base64')).toString();

/** Every page of the one module's log that the request is about. */
async function allPages(docker: Docker, request: object, between: () => void = () => undefined): Promise<string[]> {
  const texts: string[] = [];
  let [element] = await get(docker, request);
  while (element) {
    texts.push(textOf(element));
    between();
    element = element.cursor === undefined ? undefined : (await get(docker, { cursor: element.cursor }))[0];
    if (texts.length > 200) throw new Error('the cursor leads nowhere');
  }
  return texts;
}

const noise = (count: number) =>
  Array.from({ length: count }, (_, index) => `<6> line ${index} ${Math.random().toString(36)} "quoted" ü`);

test.each([
  ['none', 'text'],
  ['gzip', 'text'],
  ['none', 'ndjson'],
] as const)('a log that no answer can carry comes page by page, onwards: %s %s', async (encoding, contentType) => {
  const lines = noise(9000);
  const pages = await allPages(engine({ m: lines }), { items: { id: 'm' }, encoding, contentType });
  expect(pages.length).toBeGreaterThan(1);
  const whole = pages.join('');
  if (contentType === 'text') expect(whole).toBe(lines.map((line) => `${line}\n`).join(''));
  else
    expect(
      whole
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).text),
    ).toEqual(lines.map((line) => line.slice(4)));
});

test('every JSON page is a whole array', async () => {
  const lines = noise(3000);
  const pages = await allPages(engine({ m: lines }), { items: { id: 'm' }, contentType: 'json' });
  expect(pages.length).toBeGreaterThan(1);
  const texts = pages.flatMap((page) => (JSON.parse(page) as { text: string }[]).map(({ text }) => text));
  expect(texts).toEqual(lines.map((line) => line.slice(4)));
});

test('with a tail the newest lines come first, and the cursor leads backwards to exactly so many lines', async () => {
  const lines = noise(9000);
  const docker = engine({ m: lines });
  const request = { items: { id: 'm', filter: { tail: 6000 } }, contentType: 'text' };
  // New lines come in between; they are not part of what was asked for.
  const pages = await allPages(docker, request, () => {
    docker.logs_['m'] = [...(docker.logs_['m'] ?? []), 'newer'];
  });
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.toReversed().join('')).toBe(
    lines
      .slice(-6000)
      .map((line) => `${line}\n`)
      .join(''),
  );
});

const stampAt = (ns: number) =>
  `2026-01-01T00:00:${String(Math.floor(ns / 1e9)).padStart(2, '0')}.${String(ns % 1e9).padStart(9, '0')}Z`;

test.each<[string, (index: number) => number]>([
  ['thousands of lines in one second', (index) => 100 * index],
  ['a clock that was set back in between', (index) => (index < 5000 ? 30e9 : 0) + 100 * index],
])('pages backwards lose nothing: %s', async (_, time) => {
  const lines = noise(9000);
  const stamp: Stamped = (texts) => texts.map((text, index) => `${stampAt(time(index))} ${text}\n`);
  const request = { items: { id: 'm', filter: { tail: 8500 } }, contentType: 'text' };
  const pages = await allPages(engine({ m: lines }, stamp), request);
  expect(pages.length).toBeGreaterThan(2);
  expect(pages.toReversed().join('')).toBe(
    lines
      .slice(-8500)
      .map((line) => `${line}\n`)
      .join(''),
  );
});

test('a page backwards says so when the lines before the last page were rotated away', async () => {
  const docker = engine({ m: noise(9000) });
  const [first] = await get(docker, { items: { id: 'm', filter: { tail: 6000 } }, contentType: 'text' });
  docker.logs_['m'] = [];
  const [second] = await get(docker, { cursor: first?.cursor });
  expect(second).toMatchObject({ payload: '', warnings: [expect.stringContaining('rotated')] });
  expect(second?.cursor).toBeUndefined();
});

test('of several logs one that cannot be read is an error of its own; alone it is the answer', async () => {
  const base = engine({ a: ['one'], b: ['two'], c: ['three'] });
  const docker: Docker = {
    ...base,
    logs: async (name, query, signal) => {
      if (name === 'b') throw new SupportError('unavailable', 'logs of b: no reading');
      return base.logs(name, query, signal);
    },
  };
  const answer = await get(docker, { items: { id: 'all' }, contentType: 'text' });
  expect(answer).toEqual([
    { id: 'a', payloadBytes: null, payload: 'one\n' },
    { id: 'b', payloadBytes: null, payload: null, error: 'logs of b: no reading' },
    { id: 'c', payloadBytes: null, payload: 'three\n' },
  ]);
  await expect(get(docker, { items: { id: '^b$' } })).rejects.toThrow(/503.*logs of b: no reading/);
});

test('a filter with a tail finds the last that match, and the order of a page is the log’s', async () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => `<${index % 1000 === 7 ? 3 : 6}> line ${index}`);
  const filter = { tail: 5, minLevel: 'error' };
  const [element] = await get(engine({ m: lines }), { items: { id: 'm', filter }, contentType: 'text' });
  expect(element?.cursor).toBeUndefined();
  expect(textOf(element as Element)).toBe([15, 16, 17, 18, 19].map((n) => `<3> line ${n}007\n`).join(''));
});

test('several modules share an answer, each with its own cursor', async () => {
  const logs = { a: noise(4000), b: noise(10), c: noise(4000) };
  const answer = await get(engine(logs), { items: { id: 'all' }, contentType: 'text' });
  expect(answer.map(({ id, cursor }) => [id, cursor !== undefined])).toEqual([
    ['a', true],
    ['b', false],
    ['c', true],
  ]);
  expect(textOf(answer[1] as Element).split('\n')).toHaveLength(11);
});

test('when the log was rotated between two pages the next one goes on after the last line that was delivered', async () => {
  const lines = noise(9000);
  const docker = engine({ m: lines });
  const [first] = await get(docker, { items: { id: 'm' }, contentType: 'text' });
  const delivered = textOf(first as Element).split('\n').length - 1;
  // The engine has dropped the first 500 lines; the stamps of the others stay.
  const rotated = {
    ...docker,
    logs: (name: string, query: LogQuery, signal: AbortSignal) => cut(docker, 500)(name, query, signal),
  };
  const [second] = await get(rotated, { cursor: first?.cursor });
  expect(textOf(second as Element).split('\n')[0]).toBe(lines[delivered]);
});

/** The engine without its first lines. */
const cut =
  (docker: Docker, count: number): Docker['logs'] =>
  async (name, query, signal) => {
    const { tty, body } = await docker.logs(name, query, signal);
    const parts: Buffer[] = [];
    for await (const part of body) parts.push(part);
    const rest = Buffer.concat(parts).toString().split('\n').slice(count).join('\n');
    return {
      tty,
      body: (async function* () {
        yield Buffer.from(rest);
      })(),
    };
  };

test('a multi-line record is kept or dropped as a whole', async () => {
  const lines = [
    '<6> fine',
    '<3> failed',
    '   at A()',
    'Caused by: B',
    '<6> fine again',
    '<3> failed too',
    '   at C()',
  ];
  const filter = { minLevel: '3', multiline: true };
  const [element] = await get(engine({ m: lines }), { items: { id: 'm', filter }, contentType: 'text' });
  expect(textOf(element as Element)).toBe('<3> failed\n   at A()\nCaused by: B\n<3> failed too\n   at C()\n');
  const [json] = await get(engine({ m: lines }), { items: { id: 'm', filter: { ...filter, regex: 'B$' } } });
  expect((JSON.parse(textOf(json as Element)) as { text: string }[]).map(({ text }) => text)).toEqual([
    'failed\nat A()\nCaused by: B',
  ]);
});

test('a start pattern of the caller’s own tells where records begin', async () => {
  const lines = ['BEGIN 1', 'a', 'BEGIN 2', 'b', 'c'];
  const filter = { multiline: '^BEGIN', regex: 'b' };
  const [element] = await get(engine({ m: lines }), { items: { id: 'm', filter }, contentType: 'text' });
  expect(textOf(element as Element)).toBe('BEGIN 2\nb\nc\n');
});

test.each([
  'nonsense',
  Buffer.from('{}').toString('base64url'),
  Buffer.from('{"m":"m","f":null}').toString('base64url'),
])('a cursor that is none is refused: %s', async (cursor) => {
  await expect(get(engine({ m: [] }), { cursor })).rejects.toThrow('cursor is not one that GetModuleLogs gave');
});

test('a cursor of a module that is gone says so', async () => {
  const [first] = await get(engine({ m: noise(9000) }), { items: { id: 'm' }, contentType: 'text' });
  await expect(get(engine({ other: [] }), { cursor: first?.cursor })).rejects.toThrow('is not on this device any more');
});

test('minLevel that is no level is refused with the field’s name', async () => {
  const items = [{ id: 'm', filter: { minLevel: 'loud' } }];
  await expect(get(engine({ m: [] }), { items })).rejects.toThrow('items[0].filter.minLevel must be one of fatal,');
});

test('"15m" in a first page means the same moment in every page', async () => {
  const now = new Date(start + 20_000_000);
  const payload = (request: object) => Buffer.from(JSON.stringify({ schemaVersion: '1.0', ...request }));
  const request = payload({ items: { id: 'm', filter: { since: '6h' } }, contentType: 'text' });
  const own = services({ docker: engine({ m: noise(9000) }), now });
  const { body } = await dispatch({ name: 'GetModuleLogs', payload: request }, own);
  const [{ cursor }] = body as [{ cursor: string }];
  const { f } = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  expect(f.since).toBe(String((start + 20_000_000) / 1000 - 6 * 3600));
});

test('what the owner wants redacted at least is redacted in logs too', async () => {
  const docker = engine({ m: ['proxy http://user:hunter2@proxy:3128 used'] });
  const text = async (desired: object) => {
    const payload = Buffer.from(JSON.stringify({ schemaVersion: '1.0', items: { id: 'm' }, contentType: 'text' }));
    const { body } = await dispatch({ name: 'GetModuleLogs', payload }, services({ docker, desired: { ...desired } }));
    return (body as { payload: string }[])[0]?.payload;
  };
  expect(await text({})).toContain('hunter2');
  expect(await text({ policy: { minimumRedaction: 'all' } })).not.toContain('hunter2');
});
