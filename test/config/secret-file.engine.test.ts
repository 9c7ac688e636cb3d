import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalEdge, startLocalEdge } from '../../sim/edge.ts';
import { waitFor } from '../../sim/wait.ts';
import { testEngine } from '../support/local-edge.ts';

let edge: LocalEdge;
let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secret-file-'));
  edge = await startLocalEdge({ engine: testEngine() });
}, 60_000);
afterAll(async () => {
  await edge?.stop();
  rmSync(folder, { recursive: true });
}, 30_000);

test('uploads go to the SAS URL in a mounted file, and it is neither in the log nor in an answer', async () => {
  const file = join(folder, 'sas-url');
  const sas = edge.blob.containerSasUrl();
  writeFileSync(file, `${sas}\n`);
  const other = 'EDGE_SUPPORT_STORAGE_CONNECTION_STRING_FILE';
  const env = { EDGE_SUPPORT_STORAGE_SAS_URL_FILE: file, [other]: join(folder, 'missing') };
  const module = await edge.startModule({ as: 'process', env });
  const request = { schemaVersion: '1.0', items: [{ id: 'edgeHub' }] };
  const { status, payload } = await edge.invoke('UploadModuleLogs', request);
  expect({ status, payload }).toMatchObject({ status: 200 });
  const { correlationId } = payload as { readonly correlationId: string };
  const ended = async () => {
    const answer = await edge.invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
    return (answer.payload as { status: string }).status === 'Running' ? undefined : answer.payload;
  };
  const task = await waitFor('the upload', ended, { limitMs: 30_000, everyMs: 200 });
  expect(task).toMatchObject({ status: 'Completed' });
  expect(await edge.blob.list()).toHaveLength(1);

  const log = await module.log();
  expect(log).toContain(
    `A setting was refused: ${other} names ${join(folder, 'missing')}, which cannot be read (ENOENT).`,
  );
  const signature = new URL(sas).searchParams.get('sig') ?? '';
  expect(signature.length).toBeGreaterThan(20);
  for (const text of [log, JSON.stringify(task)]) {
    expect(text).not.toContain(signature);
    expect(text).not.toContain(encodeURIComponent(signature));
  }
}, 60_000);
