import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { HubListener } from '../module/hub/hub.ts';
import { createModule } from '../module/module.ts';
import { createRedactor } from '../module/redact/redact.ts';
import { memoryDocker } from './support/memory-docker.ts';
import { memoryLog } from './support/services.ts';

const dataFolder = mkdtempSync(join(tmpdir(), 'module-'));

afterAll(() => rmSync(dataFolder, { recursive: true, force: true }));

/** A module on a hub that does what the test says. */
function start(lastPolicy: Readonly<Record<string, unknown>> = {}) {
  const reports: object[] = [];
  const hub: { listener?: HubListener } = {};
  const remembered: string[] = [];
  const kept: unknown[] = [];
  const { stop } = createModule({
    variables: {
      EDGE_SUPPORT_METRICS_PORT: '0',
      IOTEDGE_DEVICEID: 'd',
      IOTEDGE_MODULEID: 'm',
      EDGE_SUPPORT_DATA: dataFolder,
    },
    version: '1.2.3',
    docker: memoryDocker({}),
    redactor: createRedactor({ key: Buffer.alloc(32), known: () => [] }),
    redactions: () => new Map(),
    remember: (secret) => void remembered.push(secret),
    connect: (listener) => {
      hub.listener = listener;
      const report = async (patch: object) => void reports.push(patch);
      const prove = async () => Promise.reject(new Error('There is no connection.'));
      return { report, prove, close: async () => undefined };
    },
    lastPolicy: { read: () => lastPolicy, keep: (desired) => void kept.push(desired) },
    dataFolder,
    createLog: () => memoryLog(),
    useRules: () => undefined,
    end: () => undefined,
    recentLog: () => [],
    now: () => new Date(),
  });
  return { listener: hub.listener as HubListener, reports, remembered, kept, stop };
}

/** What a twin holds after these patches, null taking away. */
function merge(value: Record<string, unknown>, patch: Record<string, unknown>): Record<string, unknown> {
  const merged: Record<string, unknown> = { ...value };
  for (const [key, own] of Object.entries(patch)) {
    if (own === null) delete merged[key];
    else if (typeof own === 'object') merged[key] = merge((merged[key] ?? {}) as never, own as never);
    else merged[key] = own;
  }
  return merged;
}

const twinOf = (patches: readonly object[]) =>
  patches.reduce<Record<string, unknown>>((value, one) => merge(value, one as never), {});

test('what is refused is reported under names that IoT Hub takes, without secrets, and goes when it is mended', async () => {
  const { listener, reports, stop } = start();
  listener.onState('open');
  listener.onDesired({ policy: { hostAccess: 'http://u:hunter2@h' }, methodTimeoutSecs: 'soon' });
  const refused = () => (twinOf(reports)['settings'] as { refused?: Record<string, string> }).refused;
  expect(Object.keys(refused() ?? {}).sort()).toEqual(['methodTimeoutSecs', 'policy/hostAccess']);
  expect(JSON.stringify(reports)).not.toContain('hunter2');
  listener.onDesired({ taskTimeoutSecs: 'x' });
  expect(Object.keys(refused() ?? {})).toEqual(['taskTimeoutSecs']);
  listener.onDesired({});
  expect(refused()).toBeUndefined();
  await stop();
});

test('a first call waits 3 s for the policy in the twin, however late the connection came', async () => {
  const ping = { name: 'Ping', payload: undefined };
  const [late, deaf] = [start(), start()];
  const answered = deaf.listener.onMethod(ping);
  await delay(3300);
  expect((await answered).status).toBe(200);
  const refused = late.listener.onMethod(ping);
  await delay(50);
  late.listener.onDesired({ policy: { allowedMethods: [] } });
  late.listener.onTwinRead();
  expect((await refused).status).toBe(403);
}, 10_000);

test('until the twin is read, calls are answered under the policy it had before', async () => {
  const { listener, kept, stop } = start({ policy: { allowedMethods: ['Ping'] } });
  const answers = ['Ping', 'RunCheck'].map((name) => listener.onMethod({ name, payload: Buffer.from('{}') }));
  const started = performance.now();
  expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 403]);
  expect(performance.now() - started).toBeLessThan(4000);
  listener.onDesired({ policy: {} });
  listener.onTwinRead();
  expect(kept).toEqual([{ policy: {} }]);
  expect((await listener.onMethod({ name: 'RunCheck', payload: Buffer.from('{}') })).status).not.toBe(403);
  await stop();
}, 10_000);

test('the signature of a SAS is remembered as it is written in the URL, and decoded', async () => {
  const { listener, remembered, stop } = start();
  listener.onTwinRead();
  const sasUrl = 'http://127.0.0.1:1/c?sr=c&sig=a%2Bb%3D&sp=cw';
  const payload = Buffer.from(JSON.stringify({ schemaVersion: '1.0', sasUrl, items: { id: 'none' } }));
  expect((await listener.onMethod({ name: 'UploadModuleLogs', payload })).status).toBe(200);
  expect(remembered).toEqual(['a+b=', 'a%2Bb%3D']);
  await stop();
});
