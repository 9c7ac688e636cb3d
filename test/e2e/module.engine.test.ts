import { gunzipSync } from 'node:zlib';
import { methods } from '../../module/methods/index.ts';
import type { LocalEdge } from '../../sim/edge.ts';
import { waitFor } from '../../sim/wait.ts';
import { startTestEdge } from '../support/local-edge.ts';
import { unzip } from '../support/unzip.ts';

/*
 * The built module as a real process on a local IoT Edge, driven as an operator does: through the hub's service side,
 * with the real service SDK.
 */

let edge: LocalEdge;

beforeAll(async () => {
  edge = await startTestEdge();
  await edge.startModule({ as: 'process' });
}, 90_000);

afterAll(async () => {
  await edge?.stop();
}, 30_000);

interface TaskAnswer {
  readonly status: string;
  readonly message: string;
  readonly correlationId: string;
  readonly results?: readonly Record<string, unknown>[];
}

/** Waits for the task's end and gives its last answer. */
async function finished(answer: unknown): Promise<TaskAnswer> {
  const { correlationId } = answer as TaskAnswer;
  const poll = async () => {
    const { payload } = await edge.invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
    return (payload as TaskAnswer).status === 'Running' ? undefined : (payload as TaskAnswer);
  };
  return waitFor('the task to end', poll, { limitMs: 60_000, everyMs: 200 });
}

const soon = { limitMs: 10_000 };

const containers = ['SimulatedTemperatureSensor', 'crasher', 'edgeAgent', 'edgeHub', 'ttyModule'];

/** What the engine itself has of a module's log, until a moment in the past. */
async function engineLog(name: string, until: number): Promise<string> {
  const container = edge.engine.docker.getContainer(name);
  const body = await container.logs({ stdout: true, stderr: true, follow: false, until });
  let rest: Buffer = body as unknown as Buffer;
  let text = '';
  for (; rest.length >= 8; rest = rest.subarray(8 + rest.readUInt32BE(4))) {
    text += rest.subarray(8, 8 + rest.readUInt32BE(4)).toString();
  }
  return text;
}

test('Ping is answered in any spelling, and an unknown method with the list of those there are', async () => {
  expect(await edge.invoke('Ping')).toEqual({ status: 200, payload: null });
  expect(await edge.invoke('PING', { any: 'thing' })).toEqual({ status: 200, payload: null });
  const { status, payload } = await edge.invoke('DoMagic', {});
  expect(status).toBe(400);
  expect(payload).toEqual({
    message:
      "Command 'DoMagic' not found. The supported commands are - " +
      'Ping,RunCheck,ListChecks,ListModules,GetSystemStatus,GetSystemLogs,GetMetrics,CaptureMessages,GetModuleLogs,UploadModuleLogs,UploadSupportBundle,GetTaskStatus,ListTasks,CancelTask,' +
      'ResumeTask,DownloadArchive,RestartModule,RestartRuntime,CleanModuleLogs,PruneEngine,RecreateModules,SetLogLevel,' +
      'SystemRestart,SystemStop,SystemSetLogLevel,ConfigApply,Describe',
  });
});

test('a bad request is answered with one sentence that names the field', async () => {
  const request = { schemaVersion: '1.0', items: [{ id: 'edgeAgent' }, { id: 'edgeHub', filter: { tail: 'many' } }] };
  expect(await edge.invoke('GetModuleLogs', request)).toEqual({
    status: 400,
    payload: {
      message: 'Error parsing command payload because of error - items[1].filter.tail must be an integer, got "many"',
    },
  });
});

test('the portal’s own GetModuleLogs payload works', async () => {
  const items = [{ id: '\\bedgeAgent\\b', filter: { tail: 1500, since: '15m', regex: '' } }];
  const { status, payload } = await edge.invoke('GetModuleLogs', {
    schemaVersion: '1.0',
    items,
    encoding: 'gzip',
    contentType: 'text',
  });
  expect(status).toBe(200);
  const [only] = payload as { id: string; payloadBytes: string; payload: null }[];
  expect(only).toMatchObject({ id: 'edgeAgent', payload: null });
  expect(gunzipSync(Buffer.from(only?.payloadBytes ?? '', 'base64')).toString()).toMatch(/^<6> .* \[INF\] - /);
});

test('UploadModuleLogs stores exactly what the engine has, one blob a module, and tells where', async () => {
  const until = Math.floor(Date.now() / 1000) - 1;
  const { payload } = await edge.invoke('UploadModuleLogs', {
    schemaVersion: '1.0',
    sasUrl: edge.blob.containerSasUrl(),
    items: [{ id: 'edgeHub|edgeAgent', filter: { until: String(until) } }],
    encoding: 'gzip',
    contentType: 'text',
  });
  expect(payload).toEqual({ status: 'Running', message: '', correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/) });
  const task = await finished(payload);
  expect(task).toMatchObject({ status: 'Completed', message: '' });
  for (const module of ['edgeAgent', 'edgeHub']) {
    const result = task.results?.find((one) => one['module'] === module);
    expect(String(result?.['blob'])).not.toContain('sig=');
    const name = String(result?.['blob']).split('/support/')[1] ?? '';
    expect(name).toMatch(
      new RegExp(`^[0-9.]+/edge-device-1/${module}-\\d{4}-\\d\\d-\\d\\d--\\d\\d-\\d\\d-\\d\\d\\.log\\.gz$`),
    );
    const text = gunzipSync(await edge.blob.download(name)).toString();
    expect(text).toBe(await engineLog(module, until));
    expect(result).toMatchObject({ lines: text.split('\n').length - 1, logBytes: Buffer.byteLength(text) });
  }
});

test('two uploads of one module in one second are two blobs', async () => {
  const request = {
    schemaVersion: '1.0',
    sasUrl: edge.blob.containerSasUrl(),
    items: { id: 'edgeHub' },
    contentType: 'text',
  };
  const answers = await Promise.all([1, 2].map(() => edge.invoke('UploadModuleLogs', request)));
  const tasks = await Promise.all(answers.map(({ payload }) => finished(payload)));
  expect(tasks.map(({ status }) => status)).toEqual(['Completed', 'Completed']);
  expect(new Set(tasks.map(({ results }) => results?.[0]?.['blob'])).size).toBe(2);
});

test('UploadSupportBundle brings checks, logs, inspects, networks and a true manifest, and no environment value', async () => {
  const { payload } = await edge.invoke('UploadSupportBundle', {
    schemaVersion: '1.0',
    sasUrl: edge.blob.containerSasUrl(),
  });
  const task = await finished(payload);
  expect(task).toMatchObject({ status: 'Completed', message: '' });
  const name = String(task.results?.[0]?.['blob']).split('/support/')[1] ?? '';
  expect(name).toMatch(/^[0-9.]+\/edge-device-1\/support-bundle-.*\.zip$/);
  const files = await unzip(await edge.blob.download(name));
  for (const module of containers) {
    expect(files.has(`logs/${module}_log.txt`)).toBe(true);
    expect(JSON.parse(files.get(`inspect/${module}.json`)?.toString() ?? '')[0].Name).toBe(`/${module}`);
  }
  expect(files.has(`network/${edge.engine.edge.network}.json`)).toBe(true);
  expect(Object.keys(JSON.parse(files.get('check.json')?.toString() ?? '').checks)).toContain('container-engine-uri');
  const manifest = JSON.parse(files.get('manifest.json')?.toString() ?? '');
  expect(manifest.request).not.toHaveProperty('sasUrl');
  // A process has no image for helper containers, and is not on the modules' network.
  const skipped = /^(?:host|config|metrics\/edge(?:Hub|Agent)\.txt|logs\/(?:aziot-\w+|docker|containerd|kernel)\.txt)$/;
  const odd = manifest.entries.filter(
    ({ name: entry, status }: { name: string; status: string }) =>
      status !== (skipped.test(entry) ? 'skipped' : 'success'),
  );
  expect(odd).toEqual([]);
  const inspected = await edge.engine.docker.getContainer('edgeAgent').inspect();
  const secrets = inspected.Config.Env.filter((pair) => /password|key=/i.test(pair)).map(
    (pair) => pair.split('=')[1] ?? '',
  );
  expect(secrets.length).toBeGreaterThan(0);
  for (const [file, content] of files) {
    for (const secret of secrets) expect({ file, leaks: content.includes(secret) }).toEqual({ file, leaks: false });
  }
});

test('RestartModule restarts the module and answers when it runs again; an unknown one is a 404', async () => {
  const container = edge.engine.docker.getContainer('SimulatedTemperatureSensor');
  const before = (await container.inspect()).State.StartedAt;
  expect(await edge.invoke('RestartModule', { schemaVersion: '1.0', id: 'SimulatedTemperatureSensor' })).toEqual({
    status: 200,
    payload: {
      id: 'SimulatedTemperatureSensor',
      before: expect.objectContaining({ state: 'running', startedAt: before }),
      after: expect.objectContaining({ state: 'running' }),
    },
  });
  const after = (await container.inspect()).State;
  expect(after.Running).toBe(true);
  expect(after.StartedAt).not.toBe(before);
  expect(await edge.invoke('RestartModule', { schemaVersion: '1.0', id: 'nobody' })).toEqual({
    status: 404,
    payload: { message: 'Module nobody not found in the current environment' },
  });
});

test('RunCheck answers in the shape of iotedge check -o json', async () => {
  const { status, payload } = await edge.invoke('RunCheck', { dontRun: ['host-local-time'] });
  expect(status).toBe(200);
  const { additional_info, checks } = payload as {
    additional_info: Record<string, unknown>;
    checks: Record<string, { result: { result: string; details?: string[] } }>;
  };
  expect(Object.keys(additional_info)).toEqual(['docker_version', 'aziot_edged_version', 'now', 'os', 'system_info']);
  expect(checks['container-engine-uri']?.result).toEqual({ result: 'ok' });
  expect(checks['edge-agent-storage-mounted-from-host']?.result.result).toBe('ok');
  expect(checks['edge-hub-storage-mounted-from-host']?.result.result).toBe('warning');
  expect(checks['container-connect-upstream-mqtt']?.result.result).toBe('ok');
  expect(checks['host-local-time']?.result.result).toBe('ignored');
});

test('RunCheck in the background stores its answer, whose place GetTaskStatus tells; ListChecks names what it runs', async () => {
  const { payload } = await edge.invoke('RunCheck', {
    sections: ['configuration checks'],
    dontRun: ['check-agent-image'],
    background: true,
    sasUrl: edge.blob.containerSasUrl(),
  });
  expect(payload).toEqual({ status: 'Running', message: '', correlationId: expect.any(String) });
  const task = await finished(payload);
  expect(task).toMatchObject({ status: 'Completed', message: '' });
  const name = String(task.results?.[0]?.['blob']).split('/support/')[1] ?? '';
  expect(name).toMatch(/^[0-9.]+\/edge-device-1\/check-report-.*\.json$/);
  const { checks } = JSON.parse((await edge.blob.download(name)).toString()) as { checks: Record<string, object> };
  const listed = (await edge.invoke('ListChecks')).payload as { checks: { id: string; section: string }[] };
  const own = listed.checks.filter(({ section }) => section === 'Configuration checks').map(({ id }) => id);
  expect(Object.keys(checks)).toEqual(own.sort());
});

test('what the owner restricts in the twin is refused with 403 and the setting’s name, until the twin allows it', async () => {
  const restart = () => edge.invoke('RestartModule', { schemaVersion: '1.0', id: 'ttyModule' });
  edge.hub.patchDesired(edge.moduleId, { policy: { protectedModules: ['ttyModule'] }, methodTimeoutSecs: 'soon' });
  const refused = await waitFor(
    'the setting to arrive',
    async () => {
      const answer = await restart();
      return answer.status === 403 ? answer : undefined;
    },
    soon,
  );
  expect(JSON.stringify(refused.payload)).toContain('policy.protectedModules');
  await waitFor(
    'the refused value to be reported',
    async () => {
      const { settings } = edge.hub.twin(edge.moduleId).reported as {
        settings?: { refused?: Record<string, string> | null };
      };
      return settings?.refused?.['methodTimeoutSecs']?.startsWith('methodTimeoutSecs must be an integer') || undefined;
    },
    soon,
  );
  edge.hub.patchDesired(edge.moduleId, { policy: null, methodTimeoutSecs: null });
  await waitFor('the setting to go', async () => ((await restart()).status === 200 ? true : undefined), soon);
});

/** A payload of each method that is wrong, and what the refusal names. */
const wrong: Readonly<Record<string, readonly [unknown, string]>> = {
  RunCheck: [{ sections: ['nothing'] }, 'sections'],
  ListModules: [{ output: 'xml' }, 'output'],
  GetSystemStatus: [{ output: 'xml' }, 'output'],
  GetSystemLogs: [{ units: ['aziot-edge'] }, 'units'],
  GetMetrics: [{ port: 0 }, 'port'],
  CaptureMessages: [{ seconds: 0 }, 'seconds'],
  GetModuleLogs: [{ schemaVersion: '1.0', items: 'all' }, 'items'],
  UploadModuleLogs: [{ schemaVersion: '1.0', items: { id: 'edgeHub' }, encoding: 'zip' }, 'encoding'],
  UploadSupportBundle: [{ schemaVersion: '1.0', include: ['nothing'] }, 'include'],
  GetTaskStatus: [{ schemaVersion: '1.0' }, 'correlationId'],
  ListTasks: [{ status: 'Done' }, 'status'],
  CancelTask: [{}, 'correlationId'],
  ResumeTask: [{}, 'correlationId'],
  DownloadArchive: [{}, 'taskId'],
  RestartModule: [{ schemaVersion: '1.0' }, 'id'],
  RestartRuntime: [{ timeoutSecs: 0 }, 'timeoutSecs'],
  CleanModuleLogs: [{ confirm: true }, 'id'],
  PruneEngine: [{ images: 'all' }, 'images'],
  RecreateModules: [{ timeoutSecs: 1 }, 'timeoutSecs'],
  SetLogLevel: [{ level: 'loud' }, 'level'],
  SystemRestart: [[], 'object'],
  SystemStop: [[], 'object'],
  SystemSetLogLevel: [{ level: 'loud' }, 'level'],
  ConfigApply: [[], 'object'],
  Describe: [{ method: 'Restart' }, 'method'],
};

test('what is wrong in a payload is refused by name, whatever the method', async () => {
  // These two look at nothing.
  expect([...Object.keys(wrong), 'Ping', 'ListChecks'].sort()).toEqual(methods.map(({ name }) => name).sort());
  for (const [method, [payload, named]] of Object.entries(wrong)) {
    expect({ method, ...(await edge.invoke(method, payload)) }).toEqual({
      method,
      status: 400,
      payload: { message: expect.stringContaining(named) },
    });
  }
});

test('what the owner does not allow is refused by the setting’s name, whatever the method', async () => {
  edge.hub.patchDesired(edge.moduleId, { policy: { allowedMethods: ['Ping'] } });
  const refused = async () => (await edge.invoke('Describe')).status === 403 || undefined;
  await waitFor('the setting to arrive', refused, soon);
  for (const { name } of methods.filter((method) => method.name !== 'Ping')) {
    expect({ name, ...(await edge.invoke(name, wrong[name]?.[0])) }).toEqual({
      name,
      status: 403,
      payload: { message: expect.stringContaining('(setting policy.allowedMethods, environment variable') },
    });
  }
  expect(await edge.invoke('Ping')).toEqual({ status: 200, payload: null });
  edge.hub.patchDesired(edge.moduleId, { policy: null });
  const allowed = async () => (await edge.invoke('Describe')).status === 200 || undefined;
  await waitFor('the setting to go', allowed, soon);
});

test('an upload that Blob Storage refuses ends Failed with a sentence that names the module, and without the SAS', async () => {
  const sasUrl = edge.blob.containerSasUrl().replace(/sig=[^&]+/, 'sig=d3Jvbmctc2lnbmF0dXJlLXdyb25n');
  const { payload } = await edge.invoke('UploadModuleLogs', {
    schemaVersion: '1.0',
    sasUrl,
    items: { id: 'edgeAgent' },
    encoding: 'gzip',
    contentType: 'text',
  });
  const task = await finished(payload);
  expect(task.status).toBe('Failed');
  expect(task.message).toMatch(
    /^Task upload logs failed because of error edgeAgent: Blob Storage at .* refused the upload/,
  );
  expect(JSON.stringify(task)).not.toContain('d3Jvbmctc2lnbmF0dXJl');
});

test('after edgeHub has cut the connection the module answers again within seconds', async () => {
  edge.hub.faults.cut(edge.moduleId);
  const answer = await waitFor(
    'an answer after the cut',
    () => edge.invoke('Ping', null, { timeoutSecs: 5 }).catch(() => undefined),
    { limitMs: 20_000, everyMs: 200 },
  );
  expect(answer).toEqual({ status: 200, payload: null });
});
