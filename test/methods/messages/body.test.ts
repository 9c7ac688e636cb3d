import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { shorten, showBody, textOf } from '../../../module/methods/messages/body.ts';
import { createRedactor } from '../../../module/redact/redact.ts';

const known = 'correct-horse-battery';
const redactor = createRedactor({ key: Buffer.alloc(32), known: () => [known] });
const show = (body: string | Buffer, { encoding = 'utf-8', bytes = 100 } = {}) =>
  showBody(Buffer.from(body as string), encoding, bytes, redactor, 'all');

test.each<[what: string, body: string | Buffer, encoding: string, shown: object]>([
  ['JSON', '{"a":[1,2.50,"é"]}', 'utf-8', { body: { a: [1, 2.5, 'é'] } }],
  ['text', 'plain, with\ttabs\r\n', '', { body: 'plain, with\ttabs\r\n' }],
  ['nothing', '', '', { body: '' }],
  ['what only begins like JSON', '{"a":', 'utf-8', { body: '{"a":' }],
  ['a number that JavaScript cannot hold', '{"id":12345678901234567890}', '', { body: '{"id":12345678901234567890}' }],
  ['a number out of range', '[1e400]', '', { body: '[1e400]' }],
  ['UTF-16', Buffer.from('{"a":"é"}', 'utf16le'), 'UTF-16', { body: { a: 'é' } }],
  ['bytes', Buffer.from([0x80, 1, 2]), 'utf-8', { bodyBase64: 'gAEC' }],
  ['text with a zero in it', 'a\0b', '', { bodyBase64: 'YQBi' }],
  ['gzip, whatever is said of it', gzipSync('{"a":1}'), 'utf-8', { body: { a: 1 } }],
  ['deflate', deflateSync('text'), 'Deflate', { body: 'text' }],
  ['Brotli', brotliCompressSync('text'), 'br', { body: 'text' }],
])('%s is shown', (_, body, encoding, shown) => {
  expect(show(body, { encoding })).toEqual(shown);
});

test('what is packed and no longer whole, or a bomb, is not shown', () => {
  const withheld = { bodyWithheld: 'it is packed, and does not unpack or has more than 1048576 bytes then' };
  expect(show(gzipSync('text').subarray(0, 12))).toEqual(withheld);
  expect(show(gzipSync(Buffer.alloc(2_000_000)))).toEqual(withheld);
  expect(show('no deflate', { encoding: 'deflate' })).toEqual(withheld);
});

test('JSON that is nested too deep for what walks through it stays a text', () => {
  const deep = `${'['.repeat(5000)}${']'.repeat(5000)}`;
  expect(show(deep, { bytes: 20_000 })).toEqual({ body: deep });
});

test('a cut goes between characters, and never through a secret', () => {
  expect(show('é'.repeat(60), { bytes: 99 })).toEqual({ body: 'é'.repeat(49), bodyCut: true });
  for (let at = 80; at <= 100; at += 1) {
    const { body } = show(`${'x'.repeat(at)}${known}${'y'.repeat(200_000)}`);
    expect(body).toMatch(/^x+(‹[^›]*›?)?y*$/);
  }
  // Many secrets shrink what is looked at: the end, where half of one may be, does not move up.
  const pem = `-----BEGIN PRIVATE KEY-----\n${'MIIE'.repeat(800)}\n-----END PRIVATE KEY-----\n`;
  for (let shift = 0; shift <= known.length; shift += 1) {
    const before = pem.repeat(3);
    const text = `${before}${'z'.repeat(100 + 3 * 4096 - before.length - shift)}${known}${'z'.repeat(9000)}`;
    expect(show(text).body).not.toContain('co');
  }
});

test('the cut of a text is not taken for its end', () => {
  const bytes = Buffer.from('é'.repeat(10)).subarray(0, 11);
  expect(textOf(bytes, '')).toBeUndefined();
  expect(textOf(bytes, '', true)).toBe('é'.repeat(5));
});

test('binary bodies with a secret in them are not shown', () => {
  expect(show(Buffer.concat([Buffer.from([0, 255]), Buffer.from(known)]))).toEqual({
    bodyWithheld: 'it is binary and has a secret in it',
  });
});

test('what is shown can be shortened', () => {
  expect(shorten({ body: { a: 'bcdef' } }, 6)).toEqual({ body: '{"a":"', bodyCut: true });
  expect(shorten({ bodyBase64: 'AQIDBA==' }, 2)).toEqual({ bodyBase64: 'AQI=', bodyCut: true });
  expect(shorten({ body: 'short', bodyCut: true }, 6)).toEqual({});
  expect(shorten({ bodyWithheld: 'no' }, 1)).toEqual({});
});

test('JSON stays JSON whatever the token of a secret in it looks like', () => {
  const text = '{"password":"‹secret:148e60910567›","long":"‹secret:123456789012›"}';
  const redactor = { text: (own: string) => own };
  expect(showBody(Buffer.from(text), '', 1000, redactor, 'all')).toEqual({ body: JSON.parse(text) });
});
