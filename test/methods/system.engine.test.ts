import { waitFor } from '../../sim/wait.ts';
import { startCompleteEdge } from '../faults/edge.ts';
import type { CompleteEdge } from '../faults/state.ts';
import { type Task, taskOf } from '../support/task.ts';

let edge: CompleteEdge;
beforeAll(async () => {
  edge = await startCompleteEdge();
}, 90_000);
afterAll(() => edge?.stop(), 30_000);

const call = async <T>(method: string, payload: object = {}) => {
  const { status, payload: body } = await edge.invoke(method, payload, { timeoutSecs: 60 });
  expect({ status, method, message: (body as { message?: string }).message }).toMatchObject({ status: 200 });
  return body as T;
};

interface Module {
  readonly name: string;
  readonly status: string;
  readonly memory?: number;
  readonly cpuPercent?: number;
  readonly restarts: { readonly count: number; readonly source: string };
  readonly log: { readonly driver: string; readonly bytes?: number };
}

test('ListModules lists what `iotedge list` does, and what the page reads elsewhere', async () => {
  const { modules } = await call<{ modules: readonly Module[] }>('ListModules');
  expect(modules.map(({ name, status }) => [name, status])).toEqual(
    ['SimulatedTemperatureSensor', 'edgeAgent', 'edgeHub', 'edgeSupport'].map((name) => [name, 'running']),
  );
  for (const module of modules) {
    expect(module).toMatchObject({
      description: expect.stringMatching(/^Up /),
      config: expect.any(String),
      startedAt: expect.stringMatching(/^2\d{3}-/),
      memory: expect.any(Number),
      cpuPercent: expect.any(Number),
      log: { driver: 'json-file', bytes: expect.any(Number) },
      restartPolicy: expect.any(String),
    });
  }
  expect(modules.find(({ name }) => name === 'edgeHub')?.restarts.source).toMatch(/^edgeAgent's metrics/);
  const { text } = await call<{ text: string }>('ListModules', { output: 'text' });
  expect(text).toMatch(/^NAME +STATUS +DESCRIPTION +Config\nSimulatedTemperatureSensor +running +Up /);
}, 60_000);

test('GetSystemStatus tells each daemon’s state, and the versions with what is newest', async () => {
  const status = await call<{ services: readonly { name: string; status: string }[]; versions: object }>(
    'GetSystemStatus',
  );
  const states = Object.fromEntries(status.services.map((service) => [service.name, service.status]));
  expect(states).toMatchObject({
    'aziot-edged': 'Running',
    'aziot-keyd': 'Running',
    'aziot-identityd': 'Running',
    'aziot-certd': 'Running',
    'aziot-tpmd': 'Ready',
  });
  expect(status).toMatchObject({
    versions: {
      'aziot-edge': { installed: expect.any(String), newest: expect.any(String) },
      engine: { installed: expect.any(String) },
    },
    logs: {},
  });
  const { text } = await call<{ text: string }>('GetSystemStatus', { output: 'text' });
  expect(text).toMatch(/^System services:\n {4}aziot-edged {13}Running\n/);
}, 60_000);

test('a daemon that is down is told with the last lines of its journal', async () => {
  const startAgain = await edge.site.sockets.stopDaemon('tpmd');
  try {
    const { services, logs } = await call<{
      services: readonly { name: string; status: string }[];
      logs: Record<string, string>;
    }>('GetSystemStatus');
    expect(services.find(({ name }) => name === 'aziot-tpmd')).toMatchObject({ status: 'Down' });
    expect(logs['aziot-tpmd']).toMatch(/ aziot-tpmd: /);
    const { text } = await call<{ text: string }>('GetSystemStatus', { output: 'text' });
    expect(text).toMatch(/^ {4}aziot-tpmd {14}Down - .*\n.*Last lines of aziot-tpmd:\n\d{4}-/ms);
  } finally {
    await startAgain();
  }
}, 60_000);

test('GetSystemLogs returns the journal of what is asked for, within the window', async () => {
  const { logs } = await call<{ logs: Record<string, { text: string }> }>('GetSystemLogs', {
    units: ['aziot-edged', 'kernel'],
    tail: 3,
  });
  expect(Object.keys(logs)).toEqual(['aziot-edged', 'kernel']);
  expect(logs['aziot-edged']?.text.trimEnd().split('\n')).toHaveLength(3);
  expect(logs['kernel']?.text).toContain('Out of memory');
  const recent = await call<{ logs: Record<string, { text: string }> }>('GetSystemLogs', { since: '20m' });
  expect(Object.keys(recent.logs)).toEqual([
    'aziot-edged',
    'aziot-identityd',
    'aziot-keyd',
    'aziot-certd',
    'aziot-tpmd',
  ]);
  const times = [...(recent.logs['aziot-edged']?.text ?? '').matchAll(/^\S+/gm)].map(([time]) =>
    Date.parse(time.replace('+0000', 'Z')),
  );
  expect(Math.min(...times)).toBeGreaterThanOrEqual(Date.now() - 21 * 60_000);
}, 60_000);

test('with a sasUrl each journal is a blob', async () => {
  const { correlationId } = await call<{ correlationId: string }>('GetSystemLogs', {
    units: ['aziot-edged', 'docker'],
    sasUrl: edge.blob.containerSasUrl(),
  });
  const ended = await waitFor(
    'the upload',
    async () => {
      const task = await call<{ status: string; results?: readonly { unit: string; blob?: string }[] }>(
        'GetTaskStatus',
        { schemaVersion: '1.0', correlationId },
      );
      return task.status === 'Running' ? undefined : task;
    },
    { limitMs: 40_000 },
  );
  expect(ended).toMatchObject({ status: 'Completed' });
  expect(ended.results?.map(({ unit }) => unit).sort()).toEqual(['aziot-edged', 'docker']);
  const name = new URL(ended.results?.[0]?.blob ?? '').pathname.split('/').slice(3).map(decodeURIComponent).join('/');
  expect((await edge.blob.download(name)).toString()).toMatch(/^\d{4}-\d\d-\d\dT/);
}, 60_000);

test('GetMetrics returns the metrics of modules, filtered, as text or JSON; nobody but modules is asked', async () => {
  const { metrics } = await call<{ metrics: Record<string, { text: string }> }>('GetMetrics', {
    filter: 'queue_length',
  });
  expect(Object.keys(metrics)).toEqual(['edgeHub', 'edgeAgent']);
  expect(metrics['edgeHub']?.text).toMatch(/^edgehub_queue_length\{.*\} \d+$/m);
  expect(metrics['edgeHub']?.text).not.toContain('edgehub_messages_sent_total');
  const json = await call<{ metrics: Record<string, { metrics: readonly { name: string }[] }> }>('GetMetrics', {
    ids: ['edgeAgent'],
    output: 'json',
  });
  expect(json.metrics['edgeAgent']?.metrics.map(({ name }) => name)).toContain('edgeAgent_module_start_total');
  expect(await edge.invoke('GetMetrics', { ids: ['example.com'] })).toMatchObject({ status: 404 });
  const none = await call<{ metrics: Record<string, { error: string }> }>('GetMetrics', {
    ids: ['SimulatedTemperatureSensor'],
  });
  expect(none.metrics['SimulatedTemperatureSensor']?.error).toMatch(/gave no metrics: .*ECONNREFUSED/);
}, 60_000);

describe('interrupted', () => {
  const names = async () => (await edge.blob.list()).map(({ name }) => name);

  /** An upload of a journal that stands before Blob Storage. */
  async function held(): Promise<Task> {
    const wall = edge.blob.faults.at(({ method }) => method === 'PUT', 'lost', Number.POSITIVE_INFINITY);
    const { payload } = await edge.invoke('GetSystemLogs', {
      units: ['aziot-edged'],
      sasUrl: edge.blob.containerSasUrl(),
    });
    await wall.hit();
    return taskOf(payload, (method, body) => edge.invoke(method, body, { timeoutSecs: 5 }));
  }

  test('a metrics page that never comes is told within its time; meanwhile an upload is cancelled, and leaves nothing', async () => {
    const hanging = {
      name: 'hanging',
      moduleId: 'hanging',
      image: 'registry.example.com/hanging:1',
      env: {},
      host: {},
    };
    await edge.workloads.deploy({ ...hanging, cmd: ['nc', '-ll', '-p', '9600', '-e', 'sleep', '600'] });
    const asked = performance.now();
    const metrics = call<{ metrics: object }>('GetMetrics', { ids: ['hanging', 'edgeAgent'], filter: 'module_start' });
    const before = await names();
    const upload = await held();
    expect(await upload.cancel()).toMatchObject({ status: 'Cancelled' });
    await edge.blob.faults.heal();
    expect(await names()).toEqual(before);
    expect((await metrics).metrics).toEqual({
      hanging: {
        error:
          'http://hanging:9600/metrics gave no metrics: GET http://hanging:9600/metrics did not finish within 8 s.',
      },
      edgeAgent: { text: expect.stringContaining('edgeAgent_module_start_total') },
    });
    expect(performance.now() - asked).toBeLessThan(15_000);
    await edge.workloads.remove('hanging');
  }, 60_000);

  test('an upload whose module is killed arrives, once', async () => {
    const before = await names();
    const upload = await held();
    const { State } = await edge.engine.docker.getContainer(edge.moduleId).inspect();
    process.kill(State.Pid, 'SIGKILL');
    await edge.blob.faults.heal();
    const { status, results } = await upload.finished();
    expect({ status, results }).toMatchObject({ status: 'Completed', results: [{ unit: 'aziot-edged' }] });
    const after = (await names()).filter((name) => !before.includes(name));
    expect(after).toEqual([decodeURIComponent(results?.[0]?.blob ?? '').split('/support/')[1]]);
    expect((await edge.blob.download(after[0] ?? '')).toString()).toMatch(/^\d{4}-\d\d-\d\dT/);
  }, 60_000);
});

test('what is refused says why', async () => {
  const unknown = await edge.invoke('GetSystemLogs', { units: ['aziot-edge'] });
  expect(unknown).toMatchObject({
    status: 400,
    payload: { message: expect.stringMatching(/^units: there is no "aziot-edge"; near it: aziot-edged/) },
  });
  edge.hub.patchDesired(edge.moduleId, { policy: { hostAccess: false } });
  try {
    const denied = await waitFor(
      'the policy',
      async () => {
        const answer = await edge.invoke('GetSystemLogs', { units: ['kernel'] }, { timeoutSecs: 30 });
        return answer.status === 200 ? undefined : answer;
      },
      { limitMs: 10_000 },
    );
    expect(denied).toMatchObject({
      status: 403,
      payload: {
        message:
          'Looking at the host is not allowed on this device (setting policy.hostAccess, environment variable EDGE_SUPPORT_HOST_ACCESS).',
      },
    });
    // What shows from here is told all the same.
    const { services } = await call<{ services: readonly { name: string; status: string }[] }>('GetSystemStatus');
    expect(services.find(({ name }) => name === 'aziot-keyd')?.status).toBe('Running');
    expect(services.find(({ name }) => name === 'aziot-tpmd')?.status).toBe('Unknown');
  } finally {
    edge.hub.patchDesired(edge.moduleId, { policy: { hostAccess: null } });
  }
}, 60_000);
