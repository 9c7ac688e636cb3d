import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { MODULE, startTestHub, type TestHub, until } from '../sim/support/hub.ts';
import { eventsOf, invoke, type ModuleOptions, startModule, type TestModule, untilAnswered } from './support/module.ts';

let local: TestHub;
let module: TestModule;

beforeEach(async () => {
  local = await startTestHub(32);
});

afterEach(async () => {
  await module.stop();
  await local.stop();
  expect([...module.runs].filter(([, times]) => times > 1)).toEqual([]);
});

function start(options: ModuleOptions = {}): void {
  module = startModule(local, { fallback: true, fallbackAfterSecs: 0.5, ...options });
}

const endpoints = () => eventsOf(local, 'connect').map(({ endpoint }) => endpoint);
const reported = () => local.hub.twin(MODULE).reported['channel'];

test('when edgeHub has failed for fallbackAfter it goes to IoT Hub itself, says so, and returns when edgeHub is back', async () => {
  start();
  await until('the connection', () => module.state() === 'open');
  await until('the report', () => reported());
  await local.hub.faults.down('edge');
  const downMs = await untilAnswered(local, 5000);
  expect(downMs).toBeGreaterThan(400);
  expect(downMs).toBeLessThan(1500);
  await until('the report', () => JSON.stringify(reported()).includes('direct'));
  expect(reported()).toEqual({ via: 'direct', transport: 'mqtt', selfCall: 'not-offered', since: expect.any(String) });
  expect(endpoints()).toEqual(['edge', 'cloud']);
  local.hub.patchDesired(MODULE, { heard: 'directly' });
  await until('the change', () => module.desired.at(-1)?.['heard'] === 'directly');

  await local.hub.faults.up('edge');
  await until('the return', () => endpoints().at(-1) === 'edge', 3000);
  expect(await untilAnswered(local, 5000)).toBeLessThan(500);
  await until('the report', () => JSON.stringify(reported()).includes('edgeHub'));
  expect(endpoints()).toEqual(['edge', 'cloud', 'edge']);
  // In the cloud the second connection of an identity ends the first: there must never have been two.
  expect(eventsOf(local, 'disconnect').map(({ why }) => why)).not.toContain('displaced by a new connection');
  expect(module.log.lines).toContain('info The connection to IoT Hub is left: edgeHub answers again.');
  expect(module.ways.filter((via, at) => via !== module.ways[at - 1])).toEqual(['edgeHub', 'direct', 'edgeHub']);
  expect([module.endings[0], module.endings.at(-1)]).toEqual(['edgeHub lost', 'direct returning']);
  expect(module.endings.slice(1, -1).filter((one) => one !== 'edgeHub failed')).toEqual([]);
});

test('on a nested device it goes to the parent, trusted by the bundle of the workload API, and returns', async () => {
  start({ variables: { IOTEDGE_PARENTHOSTNAME: local.cloudHost } });
  await until('the connection', () => module.state() === 'open');
  await local.hub.faults.down('edge');
  expect(await untilAnswered(local, 5000)).toBeLessThan(1500);
  expect(endpoints()).toEqual(['edge', 'cloud']);
  expect(module.log.lines.join('\n')).toContain('the parent device');
  await local.hub.faults.up('edge');
  await until('the return', () => endpoints().at(-1) === 'edge', 3000);
});

test('an edgeHub that answers but hears no calls is left too, and is tried again ever more rarely', async () => {
  start();
  await until('the connection', () => module.state() === 'open');
  local.hub.faults.swallowSubscribe('$iothub/methods/POST/#');
  await local.hub.faults.dropMethodSubscription(MODULE);
  await until('the direct connection', () => endpoints().includes('cloud'), 5000);
  // On the direct way no SUBSCRIBE may be swallowed: there both ways share the fault.
  local.hub.faults.swallowSubscribe(undefined);
  expect(await untilAnswered(local, 5000)).toBeLessThan(1500);
  await until('the return', () => endpoints().at(-1) === 'edge' && module.state() === 'open', 5000);
});

test('without the network edgeHub and IoT Hub are tried in turn until one is there', async () => {
  await local.hub.faults.down('edge');
  await local.hub.faults.down('cloud');
  start({ fallbackAfterSecs: 0.1 });
  await until('attempts', () => module.log.lines.some((line) => line.includes('Connecting to IoT Hub failed')));
  await local.hub.faults.up('edge');
  await until('the connection', () => endpoints().length === 1 && module.state() === 'open', 3000);
  expect(endpoints()).toEqual(['edge']);
});

test('where MQTT does not get out, IoT Hub is reached over WebSockets', async () => {
  await local.hub.faults.down('edge');
  start({ fallbackAfterSecs: 0.1, transport: 'mqttws' });
  await until('the connection', () => module.state() === 'open');
  await until('the report', () => reported());
  expect(reported()).toMatchObject({ via: 'direct', transport: 'mqttws' });
  expect((await invoke(local)).ok).toBe(true);
});

test('switched off, the module waits for edgeHub', async () => {
  await local.hub.faults.down('edge');
  start({ fallback: false, fallbackAfterSecs: 0.05 });
  await new Promise((done) => setTimeout(done, 500));
  expect(endpoints()).toEqual([]);
  await local.hub.faults.up('edge');
  await until('the connection', () => module.state() === 'open', 3000);
  expect(endpoints()).toEqual(['edge']);
});

test("with IoT Edge simulator's connection string there is no other way, which is said once; calls of its own are", async () => {
  const { key } = local.hub.register(MODULE);
  const text = `HostName=${local.cloudHost};GatewayHostName=${local.edgeHost};DeviceId=sim-device;ModuleId=${MODULE};SharedAccessKey=${key}`;
  const caFile = join(await mkdtemp(join(tmpdir(), 'hub-ca-')), 'ca.pem');
  await writeFile(caFile, local.hub.rootCertificate);
  start({ variables: { EdgeHubConnectionString: text, EdgeModuleCACertificateFile: caFile } });
  await until('the connection', () => module.state() === 'open');
  expect(eventsOf(local, 'methodRequest')).toMatchObject([{ name: 'Ping' }]);
  expect((await invoke(local)).ok).toBe(true);
  await local.hub.faults.down('edge');
  await new Promise((done) => setTimeout(done, 800));
  expect(endpoints()).toEqual(['edge']);
  expect(module.log.lines.filter((line) => line.includes('There is no other way than edgeHub'))).toHaveLength(1);
  expect(module.log.lines.join()).not.toContain(key);
  await rm(dirname(caFile), { recursive: true });
});
