import type { EdgeContainer } from '../../module/facts/edge-containers.ts';
import { listModules, type ModuleListReadings, moduleListText } from '../../module/report/module-list.ts';

const now = new Date('2026-11-25T12:00:00Z');
const missing = { unavailable: 'unreadable', why: 'no' } as const;

const container = (name: string, more: Partial<EdgeContainer> = {}): EdgeContainer => ({
  name,
  containerId: `id-${name}`,
  image: 'example.com/m:1.2',
  imageId: 'sha256:0',
  createdAt: '2026-11-20T00:00:00Z',
  state: 'running',
  exitCode: 0,
  oomKilled: false,
  startedAt: '2026-11-25T11:55:00Z',
  finishedAt: '0001-01-01T00:00:00Z',
  restartCount: 0,
  log: { driver: 'json-file' },
  mounts: [],
  volumes: [],
  dns: [],
  extraHosts: [],
  networks: [],
  ports: [],
  ...more,
});

const readings = (
  containers: readonly EdgeContainer[],
  more: Partial<ModuleListReadings> = {},
): ModuleListReadings => ({
  edgeContainers: { value: { containers, unreadable: [] } },
  moduleEvents: missing,
  edgeAgentMetrics: missing,
  memory: missing,
  hostDisks: missing,
  ...more,
});
const list = (containers: readonly EdgeContainer[], more: Partial<ModuleListReadings> = {}, notes = {}) =>
  listModules(readings(containers, more), notes, now);

test.each([
  [{ state: 'running' }, 'running', 'Up'],
  [{ state: 'exited', exitCode: 0, finishedAt: '2026-11-25T11:00:00Z' }, 'stopped', 'Stopped 1 hour ago'],
  [{ state: 'exited', exitCode: 139, finishedAt: '2026-11-25T11:59:30Z' }, 'failed', 'Failed (139) 30 seconds ago'],
  [{ state: 'restarting', finishedAt: '2026-11-25T11:58:00Z' }, 'stopped', 'Stopped 2 minutes ago'],
  [{ state: 'paused' }, 'stopped', 'Stopped'],
  [{ state: 'created', startedAt: '0001-01-01T00:00:00Z' }, 'stopped', 'Stopped'],
  [{ state: 'dead', finishedAt: '2026-11-22T12:00:00Z' }, 'dead', 'Stopped 3 days ago'],
] as const)('%j is %s in the words of `iotedge list`', (more, status, description) => {
  expect(list([container('m', more)])[0]).toMatchObject({ status, description });
});

test('restarts come from edgeAgent, else from the engine, else from its events, and the source is named', () => {
  const edgeAgentMetrics = { value: { starts: { m: 4 }, stops: {} } };
  const moduleEvents = {
    value: {
      since: 0,
      events: [
        { name: 'm', action: 'die', at: 1 },
        { name: 'n', action: 'die', at: 1 },
      ],
    },
  };
  const [m] = [container('m')];
  expect(list([m], { edgeAgentMetrics })[0]?.restarts).toMatchObject({
    count: 3,
    source: expect.stringContaining('edgeAgent'),
  });
  expect(list([container('m', { restartCount: 2 })])[0]?.restarts).toEqual({
    count: 2,
    source: 'the container engine',
  });
  expect(list([m], { moduleEvents })[0]?.restarts.count).toBe(1);
  expect(list([m])[0]?.restarts.count).toBe('unknown');
});

test('what the deployment says, what it uses and how it logs', () => {
  const notes = {
    m: {
      labels: { 'net.azure-devices.edge.version': '1.2', 'net.azure-devices.edge.restartPolicy': 'on-unhealthy' },
      status: 'Up 5 minutes',
      cpuPercent: 12.5,
    },
  };
  const memory = { value: { modules: [{ name: 'm', used: 1000, limit: 2000 }] } };
  const [module] = list([container('m', { health: 'healthy' })], { memory }, notes);
  expect(module).toEqual({
    name: 'm',
    status: 'running',
    description: 'Up 5 minutes',
    config: 'example.com/m:1.2',
    imageId: 'sha256:0',
    version: '1.2',
    startedAt: '2026-11-25T11:55:00Z',
    restarts: { count: 'unknown', source: 'neither edgeAgent nor the engine could be asked' },
    restartPolicy: 'on-unhealthy',
    health: 'healthy',
    cpuPercent: 12.5,
    memory: 1000,
    log: { driver: 'json-file' },
  });
});

test('the text has the columns of the CLI', () => {
  expect(moduleListText(list([container('edgeHub')]))).toBe(
    'NAME             STATUS           DESCRIPTION      Config\nedgeHub          running          Up               example.com/m:1.2\n',
  );
});

test('what CollectOnFailure saw counts, and more of it than the engine remembers', () => {
  const at = Date.parse('2026-11-25T10:00:00Z');
  const died = { name: 'm', action: 'die', at };
  const last = { at: '2026-11-25T11:00:00.000Z', kind: 'died', exitCode: 1 };
  const module = (ends: number) => ({ ends, failures: 1, captured: 1, skipped: 0, last });
  const of = (ends: number, events: number) =>
    listModules(
      readings([container('m')], { moduleEvents: { value: { since: 0, events: Array(events).fill(died) } } }),
      {},
      now,
      { since: at, modules: { m: module(ends) } },
    )[0];
  expect(of(3, 2)).toMatchObject({
    restarts: { count: 3, source: 'ends that this module saw since 2026-11-25T10:00:00.000Z' },
    failures: { seen: 1, captured: 1, last },
  });
  expect(of(1, 2)?.restarts.count).toBe(2);
  const [unseen] = listModules(readings([container('m')]), {}, now, { since: at, modules: {} });
  expect(unseen).toMatchObject({ restarts: { count: 0, source: expect.stringContaining('this module saw') } });
  expect(unseen).not.toHaveProperty('failures');
});
