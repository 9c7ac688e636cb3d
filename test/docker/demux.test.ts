import fc from 'fast-check';
import { demuxFrames, demuxTty, type LogStream, type Take } from '../../module/docker/demux.ts';
import { cutAt, frame } from '../logs/support/frames.ts';

const names: readonly LogStream[] = ['stdout', 'stdout', 'stderr', 'engine'];

/** What a demux hands on, its pieces put together to frames. */
function read(make: (take: Take) => ReturnType<typeof demuxFrames>, chunks: readonly Buffer[]) {
  const frames: { stream: LogStream; bytes: Buffer }[] = [];
  const pieces: Buffer[] = [];
  const demux = make((stream, chunk, start, end, last) => {
    pieces.push(chunk.subarray(start, end));
    if (last) frames.push({ stream, bytes: Buffer.concat(pieces.splice(0)) });
  });
  for (const chunk of chunks) demux.push(chunk);
  return { frames, rest: Buffer.concat(pieces), lost: demux.end() };
}

const payloads = fc.array(fc.tuple(fc.nat(3), fc.uint8Array({ minLength: 1, maxLength: 40 }).map(Buffer.from)));

test('frames come out whole, however the transport cut them', () => {
  fc.assert(
    fc.property(payloads, fc.array(fc.nat()), (sent, cuts) => {
      const body = Buffer.concat(sent.map(([stream, bytes]) => frame(stream, bytes)));
      const { frames, lost } = read(demuxFrames, cutAt(body, cuts));
      expect(lost).toBeUndefined();
      expect(frames).toEqual(sent.map(([stream, bytes]) => ({ stream: names[stream], bytes })));
    }),
  );
});

test('of a body that ends too early everything that came is handed on, and the loss is told', () => {
  fc.assert(
    fc.property(payloads, fc.nat(), fc.array(fc.nat()), (sent, end, cuts) => {
      const body = Buffer.concat(sent.map(([stream, bytes]) => frame(stream, bytes)));
      const came = body.subarray(0, end % (body.length + 1));
      const { frames, rest, lost } = read(demuxFrames, cutAt(came, cuts));
      const all = Buffer.concat(sent.map(([, bytes]) => bytes));
      const got = Buffer.concat([...frames.map(({ bytes }) => bytes), rest]);
      expect(all.subarray(0, got.length)).toEqual(got);
      const headers = sent.filter((_, index) => starts(sent, index) < came.length).length;
      expect(came.length - got.length).toBeGreaterThan((headers - 1) * 8);
      const whole = sent.some((_, index) => starts(sent, index + 1) === came.length) || came.length === 0;
      expect(lost === undefined).toBe(whole);
    }),
  );
});

/** Where the header of a frame begins in the body. */
function starts(sent: readonly (readonly [number, Buffer])[], index: number): number {
  return sent.slice(0, index).reduce((sum, [, bytes]) => sum + 8 + bytes.length, 0);
}

test('a body without frame headers is passed on as it comes', () => {
  const { frames, lost } = read(demuxFrames, [
    frame(1, 'a\n'),
    Buffer.from('no frame at all'),
    Buffer.from(', more\n'),
  ]);
  expect(frames.map(({ bytes }) => bytes.toString()).join('')).toBe('a\nno frame at all, more\n');
  expect(lost).toBe('a part of the log came without frame headers and is passed on as it came');
});

test('a length above 2 GiB is read as one', () => {
  const header = Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  expect(read(demuxFrames, [header, Buffer.from('x')]).lost).toMatch(/^the log ends inside a frame: 4294967294 of /);
});

test('a TTY log is one stream without frames', () => {
  const { frames, lost } = read(demuxTty, [Buffer.from('a\r\n'), Buffer.alloc(0), Buffer.from('\x01\0\0\0')]);
  expect(frames.map(({ stream, bytes }) => [stream, bytes.toString()])).toEqual([
    ['stdout', 'a\r\n'],
    ['stdout', '\x01\0\0\0'],
  ]);
  expect(lost).toBeUndefined();
});
