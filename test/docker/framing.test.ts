import fc from 'fast-check';
import { decodeBody, type Framing, parseHead } from '../../module/docker/framing.ts';
import { cutAt } from '../logs/support/frames.ts';

function decode(framing: Framing, bytes: Buffer, cuts: readonly number[] = []) {
  const parts: Buffer[] = [];
  const decoder = decodeBody(framing, (chunk, start, end) => parts.push(Buffer.from(chunk.subarray(start, end))));
  for (const chunk of cutAt(bytes, cuts)) decoder.push(chunk, 0, chunk.length);
  return { body: Buffer.concat(parts).toString(), complete: decoder.complete(false), atEnd: decoder.complete(true) };
}

const chunk = (text: string, extension = '') => `${Buffer.byteLength(text).toString(16)}${extension}\r\n${text}\r\n`;

test('chunks come out as they went in, however the transport cut them', () => {
  const texts = fc.array(fc.string({ minLength: 1, unit: 'binary' }));
  fc.assert(
    fc.property(texts, fc.array(fc.nat()), (sent, cuts) => {
      const bytes = Buffer.from(`${sent.map((text) => chunk(text)).join('')}0\r\n\r\n`);
      expect(decode({ kind: 'chunked' }, bytes, cuts)).toEqual({
        body: Buffer.from(sent.join('')).toString(),
        complete: true,
        atEnd: true,
      });
    }),
  );
});

test('a chunked body without its last chunk is not complete', () => {
  const bytes = Buffer.from(chunk('abc'));
  expect(decode({ kind: 'chunked' }, bytes)).toEqual({ body: 'abc', complete: false, atEnd: false });
  expect(decode({ kind: 'chunked' }, bytes.subarray(0, 4))).toMatchObject({ body: 'a', atEnd: false });
});

test('sizes in capitals, extensions and trailers are understood', () => {
  const bytes = Buffer.from(`A;x=1\r\n${'y'.repeat(10)}\r\n0;z\r\nTrailer: 1\r\n\r\nrest`);
  expect(decode({ kind: 'chunked' }, bytes)).toEqual({ body: 'y'.repeat(10), complete: true, atEnd: true });
});

test('what is no chunk is an error', () => {
  expect(() => decode({ kind: 'chunked' }, Buffer.from('hello\r\n'))).toThrow('its answer has a chunk without a size');
});

test('a length or the end of the connection delimit a body, too', () => {
  const bytes = Buffer.from('abcdef');
  expect(decode({ kind: 'length', length: 4 }, bytes, [1])).toEqual({ body: 'abcd', complete: true, atEnd: true });
  expect(decode({ kind: 'length', length: 9 }, bytes)).toEqual({ body: 'abcdef', complete: false, atEnd: false });
  expect(decode({ kind: 'close' }, bytes)).toEqual({ body: 'abcdef', complete: false, atEnd: true });
});

test('the header says status and framing', () => {
  expect(parseHead('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked')).toEqual({
    status: 200,
    framing: { kind: 'chunked' },
  });
  expect(parseHead('HTTP/1.1 404 Not Found\r\ncontent-length: 12\r\nX: y')).toEqual({
    status: 404,
    framing: { kind: 'length', length: 12 },
  });
  expect(parseHead('HTTP/1.0 200 OK')).toEqual({ status: 200, framing: { kind: 'close' } });
  expect(() => parseHead('SSH-2.0-OpenSSH')).toThrow('expected an HTTP answer, got "SSH-2.0-OpenSSH"');
});
