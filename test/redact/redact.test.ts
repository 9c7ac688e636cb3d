import { createRedactor, type Scope } from '../../module/redact/redact.ts';
import { rules } from '../../module/redact/rules.ts';

const redactor = (...known: string[]) => createRedactor({ key: Buffer.alloc(32, 7), known: () => known });

async function stream(source: readonly string[], own = redactor(), scope: Scope = 'all') {
  const chunks = (async function* () {
    for (const part of source) yield Buffer.from(part);
  })();
  const parts: Uint8Array[] = [];
  for await (const part of own.stream(chunks, scope)) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** The text in two chunks, cut at every place. */
const cuts = (text: string) => Array.from({ length: text.length + 1 }, (_, at) => [text.slice(0, at), text.slice(at)]);

test.each(rules)(
  '$name: its example loses the secret, nothing else, wherever the chunks are cut',
  async ({ example, strict }) => {
    const { text, secret } = example;
    const scope = strict ? 'strict' : 'all';
    expect(text).toContain(secret);
    const expected = text.replace(secret, redactor().token(secret));
    expect(redactor().text(text, scope)).toBe(expected);
    for (const parts of cuts(`before\n${text}\nafter\n`))
      expect(await stream(parts, redactor(), scope)).toBe(`before\n${expected}\nafter\n`);
  },
);

test('the same secret has the same token, another one another, and another key changes both', () => {
  const [one, other] = [redactor(), createRedactor({ key: Buffer.alloc(32, 8), known: () => [] })];
  expect(one.token('a-secret')).toMatch(/^‹secret:[0-9a-f]{12}›$/);
  expect(one.token('a-secret')).toBe(redactor().token('a-secret'));
  expect(one.token('a-secret')).not.toBe(one.token('b-secret'));
  expect(one.token('a-secret')).not.toBe(other.token('a-secret'));
});

test('known secrets are found literally, also in scope known; short ones are left alone', async () => {
  const own = redactor('correct horse', 'short');
  const expected = `x ${own.token('correct horse')} short`;
  expect(own.text('x correct horse short', 'known')).toBe(expected);
  for (const parts of cuts('x correct horse short')) expect(await stream(parts, own, 'known')).toBe(expected);
});

test('scope known leaves what only looks like a secret', async () => {
  const { text } = rules[0]?.example ?? { text: '' };
  expect(await stream([text], redactor('correct horse'), 'known')).toBe(text);
});

test.each([
  'a plain line with https://example.com/path?signal=strong and user@example.com\n',
  'SharedAccessKeyName=iothubowner is a name, design=modern-and-simple-and-long is no signature\n',
  'Basic configuration loaded; bearer of bad news\n',
  'bytes that are no UTF-8: \u0000\u0001\u00ff é ‹ 🙂\n',
])('what is no secret passes unharmed: %j', async (text) => {
  for (const parts of [[text], ...cuts(text).slice(0, 8)]) expect(await stream(parts)).toBe(text);
});

test('bytes that are not UTF-8 pass unharmed beside a secret', async () => {
  const odd = Buffer.from([0xff, 0xfe, 0x80, 0x0a]);
  const chunks = (async function* () {
    yield Buffer.concat([Buffer.from('https://u:hunter2@h/ '), odd]);
  })();
  const parts: Uint8Array[] = [];
  for await (const part of redactor().stream(chunks)) parts.push(part);
  expect(Buffer.concat(parts).subarray(-4)).toEqual(odd);
});

test('a JSON value is redacted string by string and keeps its shape', () => {
  const value = { a: ['https://u:hunter2@h/', 1, null], b: { c: true } };
  expect(redactor().json(value)).toEqual({
    a: [`https://u:${redactor().token('hunter2')}@h/`, 1, null],
    b: { c: true },
  });
});

test('names of fields are redacted as well, and times stay times', () => {
  const at = new Date('2026-01-02T03:04:05Z');
  const own = redactor('correct horse');
  expect(own.json({ 'a correct horse': at })).toEqual({ [`a ${own.token('correct horse')}`]: at });
});

test('the account counts by rule', () => {
  const account = new Map<string, number>();
  redactor('correct horse').text('correct horse https://u:hunter2@h/ https://v:hunter3@h/', 'all', account);
  expect(Object.fromEntries(account)).toEqual({ 'known-secret': 1, 'url-password': 2 });
});

test.each([
  ['20.50.80.7:443', '20.50.80.7'],
  ['tcp:20.50.80.7', '20.50.80.7'],
  ['[2603:1030::1]:443', '2603:1030::1'],
  ['::ffff:20.50.80.7', '20.50.80.7'],
  ['client=20.50.80.7, ok.', '20.50.80.7'],
])('scope strict takes the address out of %s', (text, address) => {
  expect(redactor().text(`to ${text}`, 'strict')).toBe(`to ${text.replace(address, redactor().token(address))}`);
});

test('what is redacted twice keeps its token', async () => {
  const once = redactor().text('http://user:hunter2@proxy:1');
  expect(redactor().text(once)).toBe(once);
  expect(await stream([once])).toBe(once);
});

test.each([
  ['a password with an @ in it', 'http://user:hun@ter2@proxy:1', ['ter2']],
  ['a key in the JSON of .NET', '"SharedAccessKey=YWJj\\u002BZGVmZ2hp/amtsbW5v\\u003D"', ['ZGVm', 'amts']],
  ['a key without a digit', 'https://f/api?code=NWFnaHViMmZiOHVzendpeWdqMGZobzZrMHRvbWlv', ['NWFn']],
  ['a key whose = is escaped', 'AccountKey\\u003DYWJjZGVmZ2hpamts', ['YWJj']],
])('%s goes as a whole', (_, text, parts) => {
  const after = redactor().text(text);
  for (const part of parts) expect(after).not.toContain(part);
});

test('in a very long line no piece ends within a secret, wherever it stands, also where two belong together', async () => {
  // The name of the second begins within the first.
  const text = 'Bearer AAAA1AAAA+AAAAAAA_token:BBBBB1BBBBBB1';
  const [longest, overlap] = [1 << 20, 64 << 10];
  for (let shift = 0; shift < text.length; shift += 3) {
    const line = `${' '.repeat(longest - overlap - shift)}${text}`.padEnd(longest + 1000);
    const pieces = Array.from({ length: 17 }, (_, at) => line.slice(at * 65_536, (at + 1) * 65_536));
    expect([shift, (await stream(pieces)).match(/AAA|BBB/)]).toEqual([shift, null]);
  }
});
