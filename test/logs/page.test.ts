import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { fillPage, type PageLimit } from '../../module/logs/page.ts';

const plain = { open: '', between: '', close: '' };
const array = { open: '[', between: ',\n', close: ']' };

async function* batches(pieces: readonly string[], size = 7) {
  for (let at = 0; at < pieces.length; at += size) yield pieces.slice(at, at + size);
}

const inAnswer = (content: Buffer, encoding: string) =>
  encoding === 'gzip' ? content.toString('base64').length : JSON.stringify(content.toString()).length - 2;

const read = (content: Buffer, encoding: string) => (encoding === 'gzip' ? gunzipSync(content) : content).toString();

test('what fits is in the page whole, and nothing more is said to follow', async () => {
  for (const encoding of ['none', 'gzip'] as const) {
    const page = await fillPage(batches(['a\n', 'b\n']), { encoding, bytes: 1000, from: 'start', frame: plain });
    expect({ ...page, content: read(page.content, encoding) }).toEqual({ content: 'a\nb\n', taken: 2, more: false });
  }
});

test('pages make up the whole, each within its limit, from either side', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.string({ unit: 'grapheme', maxLength: 60 }), { maxLength: 120 }),
      fc.constantFrom('none' as const, 'gzip' as const),
      fc.constantFrom('start' as const, 'end' as const),
      fc.integer({ min: 200, max: 3000 }),
      async (texts, encoding, from, bytes) => {
        const lines = texts.map((text, index) => `${index} ${text.replaceAll('\n', ' ')}\n`);
        const limit: PageLimit = { encoding, bytes, from, frame: plain };
        let rest = from === 'end' ? lines.toReversed() : lines;
        const pages: string[] = [];
        for (let more = true; more; ) {
          const page = await fillPage(batches(rest), limit);
          if (page.taken > 1) expect(inAnswer(page.content, encoding)).toBeLessThanOrEqual(bytes);
          expect(page.taken > 0 || rest.length === 0).toBe(true);
          pages.push(read(page.content, encoding));
          rest = rest.slice(page.taken);
          more = page.more;
        }
        expect((from === 'end' ? pages.toReversed() : pages).join('')).toBe(lines.join(''));
      },
    ),
    { numRuns: 100 },
  );
});

test('a JSON page is a whole array', async () => {
  const pieces = Array.from({ length: 500 }, (_, index) => JSON.stringify({ text: `line ${index}` }));
  for (const from of ['start', 'end'] as const) {
    const given = from === 'end' ? pieces.toReversed() : pieces;
    const page = await fillPage(batches(given), { encoding: 'none', bytes: 2000, from, frame: array });
    const records = JSON.parse(page.content.toString()) as object[];
    expect(records).toHaveLength(page.taken);
    expect(page.more).toBe(true);
    expect(inAnswer(page.content, 'none')).toBeLessThanOrEqual(2000);
  }
});

test('a line that no page can hold is cut and says so, and the next page goes on after it', async () => {
  for (const encoding of ['none', 'gzip'] as const) {
    const noise = Array.from({ length: 50_000 }, () => String.fromCharCode(33 + Math.random() * 90)).join('');
    const limit: PageLimit = { encoding, bytes: 2000, from: 'start', frame: plain };
    const page = await fillPage(batches([`${noise}\n`, 'next\n']), limit);
    expect(page).toMatchObject({ taken: 1, more: true });
    expect(read(page.content, encoding)).toMatch(/ … \[cut: 50000 characters\]\n$/);
    expect(inAnswer(page.content, encoding)).toBeLessThanOrEqual(2000);
  }
});

test('a cut JSON record keeps its shape', async () => {
  const record = JSON.stringify({ id: 'm', text: 'x"'.repeat(5000), timestamp: 't' });
  const page = await fillPage(batches([record, record]), {
    encoding: 'none',
    bytes: 1000,
    from: 'start',
    frame: array,
  });
  const [only] = JSON.parse(page.content.toString()) as { id: string; text: string; timestamp: string }[];
  expect(only).toMatchObject({ id: 'm', timestamp: 't' });
  expect(only?.text).toContain('[cut: 10000 characters]');
});
