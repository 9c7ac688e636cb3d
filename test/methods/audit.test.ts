import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SupportError } from '../../module/base/errors.ts';
import type { Docker } from '../../module/docker/docker.ts';
import { type AuditEntry, openAudit } from '../../module/methods/audit.ts';
import { dispatch } from '../../module/methods/index.ts';
import { waitFor } from '../../sim/wait.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { memoryLog, services } from '../support/services.ts';

let folder: string;
let log: ReturnType<typeof memoryLog>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'audit-'));
  log = memoryLog();
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));

const file = () => join(folder, 'audit.jsonl');
const entry = (at: number, more: Partial<AuditEntry> = {}): AuditEntry => ({
  time: new Date(Date.UTC(2026, 0, 1) + at * 1000).toISOString(),
  method: 'Ping',
  request: '0123456789abcdef',
  status: 200,
  seconds: 0.1,
  outcome: 'ok',
  ...more,
});
const read = (lines: readonly string[]) => lines.map((line) => JSON.parse(line) as AuditEntry & { readonly n: number });
const written = (text: string) =>
  waitFor('the file', () => (readFileSync(file(), 'utf8').includes(text) ? true : undefined), {
    limitMs: 5000,
    everyMs: 5,
  });

test('what was recorded is there at the next start, torn lines are not', async () => {
  const audit = openAudit(folder, log);
  audit.record(entry(0));
  audit.record(entry(1, { method: 'RestartModule', status: 403, outcome: 'refused "no"' }));
  audit.record(entry(2, { method: 'UploadSupportBundle', task: 'id-1' }));
  await written('id-1');
  writeFileSync(file(), `${readFileSync(file(), 'utf8')}{"n":4,"method":"Pi`);
  const again = openAudit(folder, log);
  expect(read(again.lines()).map(({ method }) => method)).toEqual(['Ping', 'RestartModule', 'UploadSupportBundle']);
  again.record(entry(3));
  expect(read(again.lines()).at(-1)).toMatchObject({ n: 4, method: 'Ping' });
  await written(entry(3).time);
  expect(read(openAudit(folder, log).lines())).toEqual(read(again.lines()));
  expect(log.lines).toEqual([]);
});

test('who polls leaves one entry, with how often and until when', async () => {
  const audit = openAudit(folder, log);
  for (let at = 0; at < 100; at += 1) audit.record(entry(at));
  audit.record(entry(100, { request: 'another' }));
  expect(read(audit.lines())).toMatchObject([{ repeated: 99, until: entry(99).time }, { request: 'another' }]);
  await written('another');
  expect(read(openAudit(folder, log).lines())).toEqual(read(audit.lines()));
  expect(readFileSync(file(), 'utf8').split('\n').length).toBeLessThan(10);
});

test('memory and file are bounded', async () => {
  const audit = openAudit(folder, log);
  for (let at = 0; at < 3500; at += 1) audit.record(entry(at, { request: String(at) }));
  expect(audit.lines()).toHaveLength(1000);
  await written('"request":"3499"');
  expect(readFileSync(file(), 'utf8').split('\n').length).toBeLessThan(2000);
  expect(read(openAudit(folder, log).lines()).map(({ request }) => request)).toEqual(
    read(audit.lines()).map(({ request }) => request),
  );
}, 30_000);

test('who calls one thing ever again does not wipe out what others did', async () => {
  const audit = openAudit(folder, log);
  audit.record(entry(0, { method: 'PruneEngine', request: 'the one' }));
  for (let at = 1; at < 5000; at += 1) audit.record(entry(at, { method: 'DownloadArchive', request: String(at) }));
  audit.record(entry(5000, { method: 'RestartModule', request: 'the last' }));
  const requests = (lines: readonly string[]) => read(lines).map(({ request }) => request);
  expect(audit.lines()).toHaveLength(1000);
  expect([requests(audit.lines())[0], ...requests(audit.lines()).slice(-2)]).toEqual(['the one', '4999', 'the last']);
  await written('the last');
  expect(requests(openAudit(folder, log).lines())).toEqual(requests(audit.lines()));
}, 30_000);

test('the file is bounded over restarts, too', async () => {
  const line = (at: number) => `${JSON.stringify({ n: at, ...entry(at, { request: String(at) }) })}\n`;
  writeFileSync(file(), Array.from({ length: 2995 }, (_, at) => line(at)).join(''));
  const audit = openAudit(folder, log);
  for (let at = 3000; at < 3010; at += 1) audit.record(entry(at, { request: String(at) }));
  await written('"request":"3009"');
  expect(readFileSync(file(), 'utf8').split('\n').length).toBeLessThan(1100);
});

test('without a folder it is kept in memory, and one warning says so', async () => {
  writeFileSync(join(folder, 'file'), '');
  const audit = openAudit(join(folder, 'file', 'data'), log);
  audit.record(entry(0));
  audit.record(entry(1, { request: 'other' }));
  await waitFor('the warning', () => (log.lines.length > 0 ? true : undefined), { limitMs: 5000 });
  expect(audit.lines()).toHaveLength(2);
  expect(log.lines).toEqual([expect.stringMatching(/^warning The audit journal cannot be kept in /)]);
});

test('a call leaves its hash, its outcome and its task, which leaves its end, and nothing of its payload', async () => {
  // Nobody lists modules here: the upload goes on until it is cancelled.
  let asked = 0;
  const modules: Docker['modules'] = async () => (asked++ === 0 ? [] : new Promise<never>(() => undefined));
  const own = services({ docker: { ...memoryDocker({}), modules } });
  const call = (name: string, payload: object) =>
    dispatch({ name, payload: Buffer.from(JSON.stringify(payload)) }, own);
  await call('Ping', {});
  await call('RestartModule', { schemaVersion: '1.0', id: 'hunter2-module' });
  await call('rm -rf', {});
  const { body } = await call('UploadModuleLogs', {});
  const { correlationId } = body as { readonly correlationId: string };
  await own.tasks.cancel(correlationId);
  expect(own.audited).toEqual([
    expect.objectContaining({ method: 'Ping', status: 200, outcome: 'ok', request: '44136fa355b3678a' }),
    expect.objectContaining({
      method: 'RestartModule',
      status: 404,
      outcome: 'refused "Module hunter2-module not found in the current environment"',
    }),
    expect.objectContaining({ method: 'unknown', status: 400 }),
    expect.objectContaining({ method: 'UploadModuleLogs', status: 200, outcome: 'ok', task: correlationId }),
    expect.objectContaining({ method: 'UploadModuleLogs', outcome: 'cancelled', task: correlationId }),
  ]);
  expect(own.audited.at(-1)).toMatchObject({ request: own.audited.at(-2)?.request });
});

test('a task that failed leaves why; what was answered with how it ended leaves nothing else', async () => {
  const docker = { ...memoryDocker({ edgeHub: { state: 'running', startedAt: '' } }), restart: refuse };
  const own = services({ docker });
  const restart = (id: string) =>
    dispatch({ name: 'RestartModule', payload: Buffer.from(JSON.stringify({ schemaVersion: '1.0', id })) }, own);
  const { body } = await restart('edgeHub');
  const { correlationId: task } = body as { readonly correlationId: string };
  await waitFor('the end', () => own.tasks.status(task).status === 'Failed' || undefined, { limitMs: 5000 });
  expect(own.audited).toEqual([
    expect.objectContaining({ method: 'RestartModule', status: 200, outcome: 'ok', task }),
    {
      time: expect.any(String),
      method: 'RestartModule',
      request: own.audited[0]?.request,
      seconds: expect.any(Number),
      outcome: 'failed "Task restart module failed because of error Error calling Restart module edgeHub: no"',
      task,
    },
  ]);
});

const refuse = async () => {
  throw new SupportError('unavailable', 'no');
};
