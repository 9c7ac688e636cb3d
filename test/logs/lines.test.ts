import fc from 'fast-check';
import { encodeText } from '../../module/logs/encode.ts';
import { type Line, lines } from '../../module/logs/lines.ts';
import { collectLosses } from '../../module/logs/loss.ts';
import { payload } from '../../module/logs/payload.ts';
import { cutAt, frame, gathered, streamed } from './support/frames.ts';

const stamp = '2024-03-01T10:00:00.000000000Z ';

async function read(body: Buffer, { tty = false, timestamps = false, cuts = [] as readonly number[], piece = 1 } = {}) {
  const warnings: string[] = [];
  const batches = await gathered(lines(tty, timestamps, collectLosses(warnings), piece)(streamed(cutAt(body, cuts))));
  return { found: batches.flat().map(({ stream, raw }) => [stream, raw.toString('latin1')]), warnings };
}

/** A line as the engine sends it: in frames of at most `size` bytes, each with a timestamp if there are any. */
function framed(stream: number, text: string, size: number, timestamps: boolean): Buffer {
  const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
  return Buffer.concat(pieces.map((piece) => frame(stream, `${timestamps ? stamp : ''}${piece}`)));
}

const logged = fc.array(
  fc.record({
    stream: fc.constantFrom(1, 2),
    text: fc.string({ unit: 'binary-ascii' }).map((s) => s.replace(/\n/g, '')),
  }),
);

test('lines come out whole, however the engine and the transport cut them', async () => {
  await fc.assert(
    fc.asyncProperty(
      logged,
      fc.integer({ min: 1, max: 12 }),
      fc.boolean(),
      fc.array(fc.nat()),
      async (log, size, timestamps, cuts) => {
        const body = Buffer.concat(log.map(({ stream, text }) => framed(stream, `${text}\n`, size, timestamps)));
        const { found, warnings } = await read(body, {
          timestamps,
          cuts,
          piece: size,
        });
        const prefix = timestamps ? stamp : '';
        expect(found).toEqual(
          log.map(({ stream, text }) => [stream === 2 ? 'stderr' : 'stdout', `${prefix}${text}\n`]),
        );
        expect(warnings).toEqual([]);
      },
    ),
  );
});

test('without looking at lines the same bytes come out', async () => {
  await fc.assert(
    fc.asyncProperty(logged, fc.array(fc.nat()), async (log, cuts) => {
      const body = Buffer.concat(log.map(({ stream, text }) => framed(stream, `${text}\n`, 5, false)));
      const blocks = await gathered(payload(false, collectLosses([]))(streamed(cutAt(body, cuts))));
      expect(Buffer.concat(blocks).toString()).toBe(log.map(({ text }) => `${text}\n`).join(''));
    }),
  );
});

test('large payloads come in blocks of 128 KB, and none is written to after it was handed on', async () => {
  const text = Array.from({ length: 40_000 }, (_, index) => `line ${index}\n`).join('');
  const body = Buffer.concat(text.match(/[^\n]*\n/g)?.map((line) => frame(1, line)) ?? []);
  const blocks = await gathered(payload(false, collectLosses([]))(streamed(cutAt(body, [70_000, 200_000, 300_001]))));
  expect(blocks.slice(0, -1).map(({ length }) => length)).toEqual([131_072, 131_072, 131_072]);
  expect(Buffer.concat(blocks).toString()).toBe(text);
});

test('pieces of two streams that interleave stay with their own line', async () => {
  const body = Buffer.concat([frame(1, 'out one, '), frame(2, 'err\n'), frame(1, 'out two\n')]);
  expect((await read(body)).found).toEqual([
    ['stderr', 'err\n'],
    ['stdout', 'out one, out two\n'],
  ]);
});

test('a TTY log is cut at line breaks', async () => {
  const { found } = await read(Buffer.from('a\r\n\r\nb\r\nc'), { tty: true, cuts: [2, 5] });
  expect(found.map(([, raw]) => raw)).toEqual(['a\r\n', '\r\n', 'b\r\n', 'c']);
});

test('what has no line break at the end, and what a truncated frame brought, are lines', async () => {
  const cut = frame(2, 'only the beginning of this');
  const { found, warnings } = await read(Buffer.concat([frame(1, 'no break'), cut.subarray(0, 16)]));
  expect(found).toEqual([
    ['stdout', 'no break'],
    ['stderr', 'only the'],
  ]);
  expect(warnings).toEqual(['the log ends inside a frame: 18 of its 26 bytes did not come']);
});

test('the engine’s own message is no line', async () => {
  const body = Buffer.concat([frame(1, 'a\n'), frame(3, 'Error grabbing logs: invalid character\n')]);
  const { found, warnings } = await read(body);
  expect(found).toEqual([['stdout', 'a\n']]);
  expect(warnings).toEqual(['the engine could not read the log to its end: invalid character']);
});

test('NUL bytes and bytes that are not UTF-8 stay as they are', async () => {
  const raw = Buffer.from([0x61, 0, 0xff, 0xfe, 0x0a]);
  const all = await gathered(lines(false, false, collectLosses([]))(streamed([frame(1, raw)])));
  expect((all.flat()[0] as Line).raw).toEqual(raw);
});

test('a line of more than 4 MiB comes in pieces, and that is said', async () => {
  const piece = Buffer.alloc(1024 * 1024, 'x');
  const body = Buffer.concat([...Array.from({ length: 5 }, () => frame(1, piece)), frame(1, 'end\n')]);
  const { found, warnings } = await read(body);
  expect(found.map(([, raw = '']) => raw.length)).toEqual([4 * piece.length, piece.length + 4]);
  expect(warnings).toEqual(['a line is longer than 4 MiB and is passed on in pieces']);
});

test('what a container wrote last before it ended is not glued to what the next run writes first', async () => {
  const body = Buffer.concat([frame(1, 'end'), frame(1, 'start\n')]);
  expect((await read(body, { piece: 8192 })).found.map(([, raw]) => raw)).toEqual(['end', 'start\n']);
  const batches = lines(false, false, collectLosses([]))(streamed([body]));
  expect(Buffer.concat(await gathered(encodeText()(batches))).toString()).toBe('end\nstart\n');
});
