import { memoryPressure } from '../../module/checks/memory-pressure.ts';
import type { Facts } from '../../module/facts/index.ts';
import { container, containers, late, noEngine, options, value } from './support/readings.ts';

const gib = 2 ** 30;
interface Given {
  readonly available?: number;
  readonly memory?: Partial<Facts['memory']>;
  readonly events?: Facts['moduleEvents']['events'];
  readonly containers?: ReturnType<typeof containers>;
}

function judge({ available = 2 * gib, memory = {}, events = [], containers: all = containers() }: Given) {
  const system = { arch: 'x64', memory: { total: 4 * gib, available }, swap: { total: 0, free: 0 }, disks: [] };
  return memoryPressure.judge(
    {
      system: value(system),
      memory: value({ modules: [], ...memory }),
      edgeContainers: all,
      moduleEvents: value({ since: 0, events }),
    },
    options,
  );
}

test('enough memory is fine, and who takes it is told', () => {
  const modules = [{ name: 'edgeHub', used: 200e6, limit: 4 * gib }];
  expect(judge({ memory: { modules, oomKills: 3, stalledPercent: 0.4 } })).toMatchObject({
    status: 'ok',
    info: { percent_available: 50, largest_modules: modules, oom_kills_since_boot: 3, stalled_percent: 0.4 },
  });
});

test.each([
  [0.3, 'warning'],
  [0.1, 'failed'],
])('%d GiB of 4 available is %s', (available, status) => {
  const modules = [{ name: 'greedy', used: 3e9, limit: 4 * gib }];
  expect(judge({ available: available * gib, memory: { modules } })).toMatchObject({
    status,
    details: [expect.stringMatching(/memory are available/), 'The modules that take most: greedy 3 GB.'],
  });
});

test('modules that were killed for want of memory, by their state or by an event, are named once', () => {
  const createdAt = '2026-01-01T00:00:00Z';
  const all = containers(
    container('hungry', { state: 'exited', oomKilled: true }),
    container('leaky', { createdAt }),
    container('redeployed'),
  );
  const at = Date.parse('2026-01-01T12:00:00Z');
  const events = ['hungry', 'leaky', 'redeployed', 'removed'].map((name) => ({ name, action: 'oom', at }));
  expect(judge({ containers: all, events })).toMatchObject({
    status: 'failed',
    details: [expect.stringMatching(/: hungry, leaky\.$/)],
  });
});

test('a module close to its own limit, and a device that stalls, are warnings', () => {
  const modules = [{ name: 'leaky', used: 95e6, limit: 100e6 }];
  expect(judge({ memory: { modules, stalledPercent: 22 } })).toMatchObject({
    status: 'warning',
    details: [
      'In the last minute everything waited for memory 22 % of the time.',
      'leaky takes 95 MB of the 100 MB that it may have.',
      expect.anything(),
    ],
  });
});

test('without the engine the device’s own memory is judged; without that nothing is', () => {
  const system = value({
    arch: 'x64',
    memory: { total: gib, available: gib / 2 },
    swap: { total: 0, free: 0 },
    disks: [],
  });
  const without = { memory: noEngine, edgeContainers: noEngine, moduleEvents: noEngine };
  expect(memoryPressure.judge({ ...without, system }, options)).toMatchObject({ status: 'ok' });
  expect(memoryPressure.judge({ ...without, system: late }, options)).toMatchObject({
    status: 'skipped',
    reason: 'deadline',
  });
});
