import type { Docker } from '../../module/docker/docker.ts';
import { render } from '../../module/methods/check-answer.ts';
import { dispatch } from '../../module/methods/index.ts';
import { folders, sharedBlob, storageOf } from '../storage/support/archive.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services, type TestModule } from '../support/services.ts';
import { taskOf } from '../support/task.ts';

/* What becomes of an answer of RunCheck: in the call, in Blob Storage, or on the device. */

const azurite = sharedBlob();
const newFolder = folders();
const limit = 128 * 1024;

/** An engine with so many modules, of whose logs each check that looks at them says something. */
function engineWith(count: number): Docker {
  const names = Array.from({ length: count }, (_, at) => `a-module-of-some-line-of-machines-${at}`);
  const docker = memoryDocker(Object.fromEntries(names.map((name) => [name, { state: 'running', startedAt: '' }])));
  return {
    ...docker,
    async inspect(name, signal) {
      const HostConfig = { LogConfig: { Type: 'json-file', Config: {} } };
      return { ...(await docker.inspect(name, signal)), HostConfig } as never;
    },
  };
}

async function device({ modules = 1500, desired = {} }: { modules?: number; desired?: object } = {}) {
  const storage = storageOf({ folder: await newFolder(), desired: { storage: desired } });
  return services({ docker: engineWith(modules), storage });
}

async function call(own: TestModule, name: string, request: object) {
  const { status, body } = await dispatch({ name, payload: Buffer.from(JSON.stringify(request)) }, own);
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThanOrEqual(limit);
  return { status, payload: body as never };
}

interface Whole {
  readonly correlationId: string;
  readonly name: string;
  readonly note: string;
}
interface Answer {
  readonly checks: Record<string, { result: { result: string }; additional_info: object }>;
  readonly summary: object;
  readonly rootCauses: object[];
  readonly text?: string;
  readonly truncated?: true;
  readonly cut?: { additional_info?: string[]; texts?: string[]; lines?: number };
  readonly whole?: Whole;
}

const run = async (own: TestModule, request: object): Promise<Answer> => {
  const { status, payload } = await call(own, 'RunCheck', { sections: ['configuration checks'], ...request });
  expect(status).toBe(200);
  return payload;
};
/** The end of the task that an answer names, and its blob. */
async function stored(own: TestModule, { correlationId }: Pick<Whole, 'correlationId'>) {
  const task = taskOf({ status: 'Running', correlationId }, (name, request) => call(own, name, request));
  const ended = await task.finished(20_000);
  expect(ended).toMatchObject({ status: 'Completed', message: '' });
  const [result] = ended.results as readonly Record<string, unknown>[];
  const name = String(result?.['blob']).split('/support/')[1] ?? '';
  return { ended, result, name, blob: async () => (await azurite.blob.download(name)).toString() };
}
const target = () => ({ sasUrl: azurite.blob.containerSasUrl() });

test('F67: a result over 128 KB is cut, flagged, and whole in Blob Storage', async () => {
  const own = await device({ desired: target() });
  const { truncated, cut, whole, ...answer } = await run(own, {});
  expect({ truncated, cut }).toEqual({
    truncated: true,
    cut: {
      additional_info: ['container-engine-dns'],
      texts: expect.arrayContaining(['container-engine-logrotate']),
    },
  });
  expect(whole).toEqual({
    correlationId: expect.any(String),
    name: expect.stringMatching(/^hub\.example\/device-1\/check-report-\d{4}-\d\d-\d\d--\d\d-\d\d-\d\d\.json$/),
    note: 'The whole answer is being uploaded; GetTaskStatus with this correlationId tells its blob.',
  });
  const { result, name, blob } = await stored(own, whole as Whole);
  expect(name).toBe(whole?.name);
  expect(result).toMatchObject({ bytes: expect.any(Number), sha256: expect.any(String), summary: answer.summary });
  const all = JSON.parse(await blob()) as Answer;
  expect(JSON.stringify(all).length).toBeGreaterThan(limit);
  const results = ({ checks }: Pick<Answer, 'checks'>) =>
    Object.entries(checks).map(([id, check]) => [id, check.result.result]);
  expect(results(answer)).toEqual(results(all));
  expect(answer.rootCauses).toHaveLength(all.rootCauses.length);
  expect(all).not.toHaveProperty('truncated');
  expect(Object.keys(all.checks['container-engine-logrotate']?.additional_info ?? {})).toContain('containers');
}, 30_000);

test('F67: a text over 128 KB is cut at its end, and whole in Blob Storage', async () => {
  const own = await device({ modules: 2500, desired: target() });
  const { text = '', truncated, cut, whole } = await run(own, { output: 'text' });
  expect(truncated).toBe(true);
  expect(text).toContain(`… ${cut?.lines} more lines were cut …`);
  expect(text).toMatch(/\d check\(s\) succeeded\./);
  const { name, blob } = await stored(own, whole as Whole);
  expect(name).toMatch(/check-report-.*\.txt$/);
  expect(await blob()).toMatch(/a-module-of-some-line-of-machines-999 \(json-file without max-size\)/);
}, 30_000);

test('F67: where no storage target is known the answer says so, and DownloadArchive hands out the whole', async () => {
  const own = await device();
  const { truncated, whole } = await run(own, {});
  expect(truncated).toBe(true);
  expect(whole?.note).toMatch(/^No storage target is known \(sasUrl, or the setting storage\.sasUrl\), so that /);
  const { result } = await stored(own, whole as Whole);
  expect(result).toMatchObject({ kept: expect.any(String), name: whole?.name });
  const pages: Buffer[] = [];
  for (let offset: number | undefined = 0; offset !== undefined; ) {
    const { payload } = await call(own, 'DownloadArchive', { correlationId: whole?.correlationId, offset });
    const page = payload as { data: string; next?: number };
    pages.push(Buffer.from(page.data, 'base64'));
    offset = page.next;
  }
  expect(JSON.parse(Buffer.concat(pages).toString())).toHaveProperty(['checks', 'container-engine-logrotate']);
}, 30_000);

test('a target that is no good does not cost the answer', async () => {
  const sasUrl = azurite.blob.containerSasUrl({ expiresOn: new Date(Date.now() - 60_000) });
  const { truncated, whole } = await run(await device({ desired: { sasUrl } }), {});
  expect(truncated).toBe(true);
  expect(whole).toEqual({
    note: expect.stringMatching(/^The whole answer was neither uploaded nor kept: storage\.sasUrl expired at /),
  });
}, 30_000);

test('what fits is neither cut nor stored', async () => {
  const own = await device({ modules: 2, desired: target() });
  const answer = await run(own, {});
  expect(answer).not.toHaveProperty('truncated');
  expect(answer).not.toHaveProperty('whole');
  expect(own.tasks.list()).toEqual([]);
}, 30_000);

test('a given sasUrl gets the whole answer even when nothing was cut, and does not show anywhere', async () => {
  const own = await device({ modules: 2 });
  const { sasUrl } = target();
  const { whole, ...answer } = await run(own, { sasUrl });
  expect(answer).not.toHaveProperty('truncated');
  const { ended, blob } = await stored(own, whole as Whole);
  expect(JSON.parse(await blob())).toEqual(answer);
  const shown = JSON.stringify([whole, ended, own.tasks.list(), own.log.lines]);
  expect(shown).not.toContain(new URL(sasUrl).searchParams.get('sig'));
  expect(shown).not.toContain('sig=');
}, 30_000);

test.each([
  ['expired', { expiresOn: new Date(Date.now() - 60_000) }],
  ['without the right to write', { permissions: 'r' }],
])('a sasUrl that is %s is refused before anything runs', async (_, more) => {
  const own = await device({ modules: 2 });
  const sasUrl = azurite.blob.containerSasUrl(more as never);
  for (const background of [true, false]) {
    const { status, payload } = await call(own, 'RunCheck', { sasUrl, background });
    expect(status).toBe(400);
    expect((payload as { message: string }).message).toMatch(/^sasUrl (expired|grants only)/);
    expect(JSON.stringify(payload)).not.toContain(new URL(sasUrl).searchParams.get('sig'));
  }
  expect(own.tasks.list()).toEqual([]);
});

test.each(['json', 'text'])(
  'in the background the whole answer goes to storage as %s, once per requestId',
  async (output) => {
    const own = await device({ modules: 2 });
    const request = { sections: ['Configuration checks'], background: true, output, requestId: 'a', ...target() };
    const answers = await Promise.all([1, 2].map(() => call(own, 'RunCheck', request)));
    const [first, second] = answers.map(({ payload }) => payload as { status: string; correlationId: string });
    expect(first).toEqual({ status: 'Running', message: '', correlationId: expect.any(String) });
    expect(second?.correlationId).toBe(first?.correlationId);
    const { result, name, blob } = await stored(own, { correlationId: first?.correlationId ?? '' });
    expect(name).toMatch(new RegExp(`/check-report-.*\\.${output === 'json' ? 'json' : 'txt'}$`));
    expect(result).toMatchObject({ summary: { overall: expect.any(String) } });
    expect(await blob()).toMatch(output === 'json' ? /^\{\n {2}"additional_info"/ : /^Configuration checks\n-----/);
    expect(own.tasks.list()).toHaveLength(1);
    expect(own.tasks.status(first?.correlationId ?? '').method).toBe('RunCheck');
  },
  30_000,
);

test('in the background without a target the answer stays on the device', async () => {
  const own = await device({ modules: 2 });
  const { payload } = await call(own, 'RunCheck', { checks: ['container-engine-logrotate'], background: true });
  expect((await stored(own, payload)).result).toMatchObject({ kept: expect.any(String) });
}, 30_000);

test('who repeats a call that only looks is answered anew', async () => {
  const own = await device({ modules: 2 });
  const request = { checks: ['parent_hostname'], requestId: 'again' };
  const now = async () => ((await run(own, request)) as { additional_info?: { now: string } }).additional_info?.now;
  const first = await now();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(await now()).not.toBe(first);
});

test('a secret is taken out before the cut could make it too short to be seen', () => {
  const key = 'c2VjcmV0c2VjcmV0c2VjcmV0';
  const own = services({ docker: memoryDocker({}) });
  for (const letters of Array.from({ length: 60 }, (_, at) => 1360 + at)) {
    const details = ['bad', `${'x'.repeat(letters)};AccountKey=${key};${'y'.repeat(150_000)}`];
    const result = { id: 'a', section: 'Field checks', title: 'the a', outcome: 'error', details, info: {} } as const;
    const checkRun = { startedAt: new Date(0), durationMs: 1, results: [{ ...result, durationMs: 1 }], readings: {} };
    const { answer, file } = render(checkRun, 'json', own);
    expect(answer.truncated).toBe(true);
    expect(JSON.stringify(answer)).not.toContain(key.slice(0, 6));
    expect(file).not.toContain(key);
  }
});
