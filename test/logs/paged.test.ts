import { readItems } from '../../module/logs/logs.ts';
import { type LogPosition, logPage } from '../../module/logs/paged.ts';
import { createRedactor } from '../../module/redact/redact.ts';
import { logEngine } from './support/log-engine.ts';

const never = new AbortController().signal;
const redactor = createRedactor({ key: Buffer.alloc(32), known: () => [] });

const log = Array.from({ length: 20_000 }, (_, index) => ({
  ts: `${new Date(Date.parse('2026-01-01T00:00:00Z') + index * 1000).toISOString().slice(0, 19)}.000000000Z`,
  stream: 'stdout',
  raw: `<${index % 5000 === 0 ? 3 : 6}> line ${index}\n`,
}));

/** One page of the log's last errors, with no time at all for searching further. */
async function page(tail: number, position?: LogPosition) {
  const [selector] = readItems([{ id: 'm', filter: { tail, minLevel: 'error' } }], new Date());
  if (!selector) throw new Error('one item gives one selector');
  const source = { docker: logEngine(log), redactor, iothub: 'h', device: 'd' };
  const format = { contentType: 'text', encoding: 'none' } as const;
  const ask = { module: 'm', ask: selector.ask, format, bytes: 10_000, deadline: 0 };
  return logPage(source, position ? { ...ask, position } : ask, never);
}

test('a search that runs out of time gives what it has and a position, from which it goes on to the end', async () => {
  const found: string[] = [];
  let pages = 0;
  let { content, next } = await page(4);
  for (; ; pages += 1) {
    found.unshift(...content.toString().split('\n').filter(Boolean));
    if (!next || pages > 20) break;
    ({ content, next } = await page(4, next));
  }
  expect(pages).toBeGreaterThan(0);
  expect(found).toEqual(['<3> line 0', '<3> line 5000', '<3> line 10000', '<3> line 15000']);
});
