import type { OwnParts } from '../../module/facts/fact.ts';
import { readFacts } from '../../module/facts/index.ts';
import { createSendHistory } from '../../module/facts/send-history.ts';
import { MODULE, startTestHub, type TestHub } from '../sim/support/hub.ts';
import { worldWith } from './support/world.ts';

const own: OwnParts = {
  proveChannel: async () => ({ via: 'edgeHub', transport: 'mqtt', hearing: { outcome: 'heard', why: '' }, tookMs: 3 }),
  tryStorage: async () => ({ from: 'storage.sasUrl' }),
  upstreamSends: createSendHistory(),
  redact: (text) => text,
};

test('what only the module can tell is asked of it, and is not supported elsewhere', async () => {
  const names = ['channel', 'storageTarget'] as const;
  expect(await readFacts(names, { ...worldWith({}), own })).toMatchObject({
    channel: { value: { via: 'edgeHub', tookMs: 3 } },
    storageTarget: { value: { trial: { from: 'storage.sasUrl' } } },
  });
  expect(await readFacts(names, worldWith({}))).toMatchObject({
    channel: { unavailable: 'not-supported' },
    storageTarget: { unavailable: 'not-supported' },
  });
});

test('no connection is a reading, and so is no target', async () => {
  const without = {
    ...own,
    proveChannel: async () => Promise.reject(new Error('There is no connection.')),
    tryStorage: async () => undefined,
  };
  expect(await readFacts(['channel', 'storageTarget'], { ...worldWith({}), own: without })).toMatchObject({
    channel: { value: { problem: 'There is no connection.' } },
    storageTarget: { value: {} },
  });
});

describe('the workload API', () => {
  let local: TestHub;
  beforeAll(async () => {
    local = await startTestHub(57);
  });
  afterAll(() => local.stop());

  const read = async (workloadUri: string) => {
    const { generationId } = local.hub.register(MODULE);
    const env = { workloadUri, generationId, moduleId: MODULE };
    return (await readFacts(['workload'], worldWith({ env }), { limitMs: 2000 })).workload;
  };

  test('signs and gives the trust bundle', async () => {
    expect(await read(local.workload.uri)).toMatchObject({ value: { signed: true, trustBundle: true, problems: [] } });
  });

  test('that refuses says why, once for each', async () => {
    local.workload.faults.status = 500;
    const reading = await read(local.workload.uri);
    local.workload.faults.status = undefined;
    expect(reading).toMatchObject({ value: { signed: false, trustBundle: false } });
    expect('value' in reading && reading.value.problems.length).toBe(2);
  });

  test('is not supported for a module that IoT Edge did not start', async () => {
    expect((await readFacts(['workload'], worldWith({}))).workload).toMatchObject({ unavailable: 'not-supported' });
  });
});
