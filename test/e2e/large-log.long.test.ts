import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { makeLoggedContainer } from '../../bench/support/logged-container.ts';
import type { LocalEdge } from '../../sim/edge.ts';
import { waitFor } from '../../sim/wait.ts';
import { startTestEdge } from '../support/local-edge.ts';

let edge: LocalEdge;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'large-log-'));
  edge = await startTestEdge();
}, 90_000);

afterAll(async () => {
  await edge?.stop();
  await rm(dir, { recursive: true, force: true });
}, 60_000);

test('a 400 MB log is uploaded whole from a container limited to 128 MB', async () => {
  const lines = 3_000_000;
  const bytes = await makeLoggedContainer(edge.engine, { name: 'talker', kind: 'repetitive', lines, dir, owned: true });
  expect(bytes).toBeGreaterThan(390_000_000);
  await edge.startModule({ as: 'container' });
  const { payload } = await edge.invoke('UploadModuleLogs', {
    schemaVersion: '1.0',
    sasUrl: edge.blob.containerSasUrl(),
    items: { id: 'talker' },
    encoding: 'gzip',
    contentType: 'text',
  });
  const { correlationId } = payload as { correlationId: string };
  const poll = async () => {
    const answer = await edge.invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
    const task = answer.payload as { status: string; message: string; results?: { blob: string; lines: number }[] };
    return task.status === 'Running' ? undefined : task;
  };
  const task = await waitFor('the upload to end', poll, { limitMs: 240_000, everyMs: 1000 });
  expect(task).toMatchObject({ status: 'Completed', results: [{ module: 'talker', lines, logBytes: bytes }] });
  const { State, HostConfig, RestartCount } = await edge.engine.docker.getContainer('edgeSupport').inspect();
  expect({ oom: State.OOMKilled, restarts: RestartCount, memory: HostConfig.Memory }).toEqual({
    oom: false,
    restarts: 0,
    memory: 128 * 1024 * 1024,
  });
  const blob = await edge.blob.download(task.results?.[0]?.blob.split('/support/')[1] ?? '');
  expect(sha256(gunzipSync(blob))).toBe(sha256(await engineLog()));
}, 600_000);

const sha256 = (content: Buffer) => createHash('sha256').update(content).digest('hex');

/** The log as the engine's API gives it, without its frame headers. */
async function engineLog(): Promise<Buffer> {
  const container = edge.engine.docker.getContainer('talker');
  const framed = (await container.logs({ stdout: true, stderr: true, follow: false })) as unknown as Buffer;
  const parts: Buffer[] = [];
  for (let at = 0; at < framed.length; ) {
    const size = framed.readUInt32BE(at + 4);
    parts.push(framed.subarray(at + 8, at + 8 + size));
    at += 8 + size;
  }
  return Buffer.concat(parts);
}
