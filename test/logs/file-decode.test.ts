import fc from 'fast-check';
import { createDecoder, mended, type Wanted } from '../../module/logs/file/decode.ts';
import { jsonLine } from './support/json-file.ts';

const time = '2026-01-01T00:00:10.5Z';

function decode(bytes: string | Buffer, wanted: Partial<Wanted> = {}) {
  const damage = { places: 0, bytes: 0 };
  const block = mended(Buffer.from(bytes));
  const out = Buffer.alloc(block.length);
  const found: string[] = [];
  const decoder = createDecoder({ timestamps: false, ...wanted }, damage);
  const end = decoder.decode(block, out, 0, (stream, start, stop) => {
    found.push(`${stream} ${out.toString('utf8', start, stop)}`);
  });
  return { found, all: out.toString('utf8', 0, end), damage, done: decoder.done() };
}

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.string({
    unit: fc.constantFrom('\\', '"', '<', '&', '\n', '\r', '\0', '\x1b', 'é', '✓', '😀', '\u2028', 'a', ' '),
  }),
);

test('every text comes back as it was written, with and without timestamps', () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1 }), fc.boolean(), (texts, timestamps) => {
      const log = texts.map((text, index) => jsonLine({ text, stream: index % 2 === 0 ? 'stdout' : 'stderr', time }));
      const stamp = timestamps ? '2026-01-01T00:00:10.500000000Z ' : '';
      const { found, damage } = decode(log.join(''), { timestamps });
      const expected = texts.flatMap((text, index) => (text === '' ? [] : [`${1 + (index % 2)} ${stamp}${text}`]));
      expect(found).toEqual(expected);
      expect(damage.places).toBe(0);
    }),
  );
});

test.each([
  ['half of a surrogate pair', '{"log":"a\\ud800b","stream":"stdout","time":"2026-01-01T00:00:10Z"}\n', 'a\ufffdb'],
  [
    'two halves in the wrong order',
    '{"log":"\\udc00\\ud800","stream":"stdout","time":"2026-01-01T00:00:10Z"}\n',
    '\ufffd\ufffd',
  ],
  [
    'attributes',
    '{"log":"a","stream":"stderr","attrs":{"tag":"\\"time\\":\\"x"},"time":"2026-01-01T00:00:10Z"}\n',
    'a',
  ],
  ['other order and spaces', '{ "stream": "stdout", "time": "2026-01-01T00:00:10Z", "Log": "a<" }\n', 'a<'],
  ['no text', '{"stream":"stdout","time":"2026-01-01T00:00:10Z"}\n', ''],
  ['no known stream', '{"log":"a","stream":"other","time":"2026-01-01T00:00:10Z"}\n', ''],
])('%s', (_, line, text) => {
  expect(decode(line)).toMatchObject({ all: text, damage: { places: 0 } });
});

test('bytes that are not UTF-8 become U+FFFD each, as the engine reads them', () => {
  const line = Buffer.from(jsonLine({ text: 'a\x7f\x7f(\x7f\x7fé', stream: 'stdout', time }));
  for (const [at, byte] of [
    [line.indexOf(0x7f), 0xff],
    [line.indexOf(0x7f) + 1, 0xe2],
    [line.lastIndexOf(0x7f) - 1, 0xe2],
    [line.lastIndexOf(0x7f), 0x82],
  ] as const)
    line[at] = byte;
  expect(decode(line).all).toBe('a\ufffd\ufffd(\ufffd\ufffdé');
});

test('a timestamp with a zone is one, too', () => {
  const line = '{"log":"text","stream":"stdout","time":"2026-01-01T02:00:10.25+02:00"}\n';
  expect(decode(line, { timestamps: true }).all).toBe('2026-01-01T02:00:10.250000000+02:00 text');
  expect(decode(line, { since: Date.parse('2026-01-01T00:00:10Z') / 1000 }).all).toBe('text');
  expect(decode(line, { since: Date.parse('2026-01-01T00:00:11Z') / 1000 }).all).toBe('');
});

test.each([
  ['an entry that another was written on to', '{"log":"torn', 12],
  ['an entry torn in its time', '{"log":"a\\n","stream":"stdout","time":"2026-', 44],
  ['zeros', '\0'.repeat(40), 40],
])('%s costs no more than itself', (_, damaged, bytes) => {
  const line = (text: string) => jsonLine({ text, stream: 'stdout', time });
  expect(decode(`${line('a')}${damaged}${line('b')}${line('c')}`)).toMatchObject({
    found: ['1 a', '1 b', '1 c'],
    damage: { places: 1, bytes },
  });
});

test('lines that are no entries are counted', () => {
  expect(decode('nonsense\n{"log":"a"}\n[1]\n')).toMatchObject({ found: [], damage: { places: 3, bytes: 25 } });
});

test('the window is that of the engine: from since on, up to the first line after until', () => {
  const at = (second: string) => jsonLine({ text: second, stream: 'stdout', time: `2026-01-01T00:00:${second}Z` });
  const log = ['10', '10.000000001', '11.999999999', '12', '12.000000001', '05', '11'].map(at).join('');
  const second = (number: number) => Date.parse('2026-01-01T00:00:00Z') / 1000 + number;
  expect(decode(log, { since: second(11) }).found).toEqual(['1 11.999999999', '1 12', '1 12.000000001', '1 11']);
  expect(decode(log, { until: second(12) })).toMatchObject({ all: '1010.00000000111.99999999912', done: true });
  expect(decode(log, { since: second(11), until: second(13) }).found).toHaveLength(4);
});
