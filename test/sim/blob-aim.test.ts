import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AimedFault } from '../../sim/blob/aim.ts';
import { type Blob, startBlob } from '../../sim/blob.ts';

let blob: Blob;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'blob-'));
  blob = await startBlob({ dir, address: '127.0.0.1', port: 20_000 + (process.pid % 20_000) });
}, 30_000);
afterAll(async () => {
  await blob?.stop();
  await rm(dir, { recursive: true, force: true });
});
afterEach(() => blob.faults.heal());

const id = (block: number) => Buffer.from(String(block).padStart(4, '0')).toString('base64');

/** The status of a request about this blob, or the code with which its connection ended. */
async function send(name: string, query: string, body: string, limitMs = 2000): Promise<number | string> {
  const url = blob.containerSasUrl().replace('?', `/${name}?${query}&`);
  try {
    const answer = await fetch(url, { method: 'PUT', body, signal: AbortSignal.timeout(limitMs) });
    await answer.arrayBuffer();
    return answer.status;
  } catch (error) {
    const { name: kind, cause } = error as Error & { cause?: { code?: string } };
    return kind === 'TimeoutError' ? kind : (cause?.code ?? kind);
  }
}

const stage = (name: string, block: number, body = `block ${block}`, limitMs?: number) =>
  send(name, `comp=block&blockid=${encodeURIComponent(id(block))}`, body, limitMs);
const commit = (name: string, blocks: readonly number[], limitMs?: number) => {
  const list = blocks.map((block) => `<Latest>${id(block)}</Latest>`).join('');
  const body = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`;
  return send(name, 'comp=blocklist', body, limitMs);
};
const names = async () => (await blob.list()).map(({ name }) => name);

test('a fault is aimed at the second staged block, and strikes it alone', async () => {
  const aimed = blob.faults.at({ kind: 'stage', nth: 2 }, { status: 500 });
  expect([await stage('a', 1), await stage('a', 2), await stage('a', 2), await commit('a', [1, 2])]).toEqual([
    201, 500, 201, 201,
  ]);
  expect(aimed.hits).toBe(1);
  expect((await blob.download('a')).toString()).toBe('block 1block 2');
});

test('a fault can strike again and again, and be lifted', async () => {
  const aimed = blob.faults.at({ kind: 'commit' }, { status: 503 }, Number.POSITIVE_INFINITY);
  await stage('b', 1);
  expect([await commit('b', [1]), await commit('b', [1])]).toEqual([503, 503]);
  aimed.lift();
  expect(await commit('b', [1])).toBe(201);
});

test('a status comes with the error code and the Retry-After that Blob Storage would give', async () => {
  blob.faults.at({ kind: 'put' }, { status: 429, retryAfterSecs: 7 });
  const answer = await fetch(blob.containerSasUrl().replace('?', '/c?'), {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob' },
    body: 'x',
  });
  expect(answer.status).toBe(429);
  expect(answer.headers.get('retry-after')).toBe('7');
  expect(answer.headers.get('x-ms-error-code')).toBe('TooManyRequests');
  expect(await answer.text()).toContain('<Code>TooManyRequests</Code>');
});

const cutOff: readonly { readonly fault: AimedFault; readonly sees: string; readonly stored: boolean }[] = [
  { fault: 'lost', sees: 'TimeoutError', stored: false },
  { fault: 'unanswered', sees: 'TimeoutError', stored: true },
  { fault: 'reset', sees: 'ECONNRESET', stored: false },
  { fault: 'reset-when-done', sees: 'ECONNRESET', stored: true },
];

test.each(cutOff)(
  'a commit that is $fault ends as $sees; the blob is there: $stored',
  async ({ fault, sees, stored }) => {
    const name = `cut-off-${fault}`;
    await stage(name, 1);
    const held = blob.faults.at({ kind: 'commit' }, fault);
    expect(await commit(name, [1], 700)).toBe(sees);
    await held.hit();
    expect((await names()).includes(name)).toBe(stored);
  },
);

test('a block that breaks off in its middle is not there, and can be sent again', async () => {
  blob.faults.at({ kind: 'stage' }, 'half');
  expect(typeof (await stage('d', 1, 'x'.repeat(1_000_000)))).toBe('string');
  expect(await commit('d', [1])).toBe(400);
  expect(await stage('d', 1, 'whole')).toBe(201);
  expect(await commit('d', [1])).toBe(201);
});

test('a fault can be aimed by a function, and the operator’s own looks never use it up', async () => {
  const aimed = blob.faults.at(({ path }) => path.endsWith('/aimed'), 'reset', Number.POSITIVE_INFINITY);
  expect(await stage('other', 1)).toBe(201);
  expect(await stage('aimed', 1)).toBe('ECONNRESET');
  await blob.list();
  expect(aimed.hits).toBe(1);
});

test('what is only watched for goes through', async () => {
  const held = blob.faults.at({ kind: 'stage', nth: 2 }, 'none');
  await stage('e', 1);
  await expect(held.hit(20)).rejects.toThrow('Waited 0.02 s for request 2 of the kind stage to be hit.');
  expect(await stage('e', 2)).toBe(201);
  await held.hit();
});
