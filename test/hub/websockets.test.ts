import { MODULE, type TestHub, until } from '../sim/support/hub.ts';
import { eventsOf, invoke, type ModuleOptions, startModule, type TestModule } from './support/module.ts';
import { startNarrowHub } from './support/narrow.ts';
import { type Proxy, startProxy } from './support/proxy.ts';

let local: TestHub;
let proxy: Proxy;
let module: TestModule;

beforeAll(async () => {
  local = await startNarrowHub(33);
});

beforeEach(async () => {
  proxy = await startProxy('127.77.33.9');
});

afterEach(async () => {
  await module.stop();
  await proxy.stop();
  await local.hub.faults.up('edge');
});

afterAll(() => local.stop());

async function start(options: ModuleOptions): Promise<void> {
  module = startModule(local, options);
  await until('the connection', () => module.state() === 'open');
}

const direct = { fallback: true, fallbackAfterSecs: 0.05 };
const reported = () => local.hub.twin(MODULE).reported['channel'] as { via: string; transport: string } | undefined;

test('edgeHub over WebSockets: connected, heard, answering', async () => {
  await start({ transport: 'mqttws' });
  expect(eventsOf(local, 'connect').at(-1)).toMatchObject({ endpoint: 'edge' });
  expect((await invoke(local)).ok).toBe(true);
  await until('the report', () => reported()?.transport === 'mqttws');
});

test('IoT Hub itself is reached over WebSockets where port 8883 does not answer', async () => {
  await local.hub.faults.down('edge');
  await start({ ...direct, transport: 'mqtt' });
  expect((await invoke(local)).ok).toBe(true);
  await until('the report', () => reported()?.via === 'direct');
  expect(reported()).toMatchObject({ transport: 'mqttws' });
});

test('a proxy is used for IoT Hub, with its password, which is in no log line', async () => {
  await local.hub.faults.down('edge');
  await start({ ...direct, variables: { https_proxy: `http://user:pass%20word@${proxy.address}` } });
  expect((await invoke(local)).ok).toBe(true);
  const authorization = `Basic ${Buffer.from('user:pass word').toString('base64')}`;
  expect(proxy.asked).toEqual([[`${local.cloudHost}:443`, authorization]]);
  expect(module.log.lines.join()).not.toContain('word');
});

test('a proxy that does not answer is named without its password', async () => {
  await local.hub.faults.down('edge');
  module = startModule(local, { ...direct, variables: { HTTPS_PROXY: 'http://user:hunter2@127.77.33.9:1' } });
  await until('the failure', () => module.log.lines.some((line) => line.includes('Connecting to IoT Hub failed')));
  expect(module.log.lines.join()).not.toContain('hunter2');
});

test('edgeHub is reached without the proxy, though no_proxy does not name it, which is said once', async () => {
  await start({ transport: 'mqttws', variables: { https_proxy: `http://${proxy.address}` } });
  expect(proxy.asked).toEqual([]);
  expect(module.log.lines.filter((line) => line.includes('without the proxy'))).toEqual([
    'info edgeHub (127.77.33.4) is local and is reached without the proxy, though no_proxy does not name it.',
  ]);
});

test('no_proxy exempts IoT Hub too', async () => {
  await local.hub.faults.down('edge');
  const variables = { https_proxy: `http://${proxy.address}`, no_proxy: `${local.edgeHost},${local.cloudHost}` };
  await start({ ...direct, transport: 'mqttws', variables });
  expect(proxy.asked).toEqual([]);
  expect(module.log.lines.join()).not.toContain('without the proxy');
});
