import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

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

function put(name: string, body: string, sasUrl = blob.containerSasUrl()): Promise<Response> {
  const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-type': 'text/plain' };
  return fetch(sasUrl.replace('?', `/${name}?`), { method: 'PUT', headers, body, signal: AbortSignal.timeout(5000) });
}

test('what goes in with the SAS comes out', async () => {
  expect((await put('hub/device/a log.txt', 'Grüße')).status).toBe(201);
  expect(await blob.list()).toContainEqual({
    name: 'hub/device/a log.txt',
    size: 7,
    contentType: 'text/plain',
    contentEncoding: '',
  });
  expect((await blob.download('hub/device/a log.txt')).toString()).toBe('Grüße');
});

test('without a SAS, with an expired one or with too few permissions nothing is taken', async () => {
  const expired = blob.containerSasUrl({ expiresOn: new Date(Date.now() - 60_000) });
  expect((await put('x', 'x', `${blob.containerUrl}?`)).status).toBe(403);
  expect((await put('x', 'x', expired)).status).toBe(403);
  expect((await put('x', 'x', blob.containerSasUrl({ permissions: 'r' }))).status).toBe(403);
});

test('a failing storage answers so often as it is told to', async () => {
  blob.faults.fail(503, 2);
  const statuses = [await put('y', 'y'), await put('y', 'y'), await put('y', 'y')].map(({ status }) => status);
  expect(statuses).toEqual([503, 503, 201]);
});

test('a slow storage takes its time', async () => {
  blob.faults.slow(300);
  const started = performance.now();
  expect((await put('slow', 'slow')).status).toBe(201);
  expect(performance.now() - started).toBeGreaterThanOrEqual(290);
});

test('a throttled storage reads no faster than it is told to', async () => {
  blob.faults.throttle(200_000);
  const started = performance.now();
  expect((await put('throttled', 'x'.repeat(100_000))).status).toBe(201);
  expect(performance.now() - started).toBeGreaterThanOrEqual(450);
});

test('a connection that breaks off leaves no blob', async () => {
  blob.faults.breakOff(1000, 1);
  await expect(put('broken', 'x'.repeat(100_000))).rejects.toThrow();
  expect((await blob.list()).map(({ name }) => name)).not.toContain('broken');
});

test('a storage that is gone refuses connections, and is back when healed', async () => {
  await blob.faults.gone();
  await expect(put('z', 'z')).rejects.toThrow();
  await blob.faults.heal();
  expect((await put('z', 'z')).status).toBe(201);
});
