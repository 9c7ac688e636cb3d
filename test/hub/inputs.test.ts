import common from 'azure-iot-common';
import type { ModuleClient } from 'azure-iot-device';
import { readProperties } from '../../module/hub/properties.ts';
import { connectModule } from '../sim/support/device.ts';
import { DEVICE, MODULE, startTestHub, type TestHub, until } from '../sim/support/hub.ts';
import { eventsOf, invoke, type ModuleOptions, startModule, type TestModule, untilAnswered } from './support/module.ts';

const INPUTS = `devices/${DEVICE}/modules/${MODULE}/inputs/#`;
const route = `FROM /messages/* INTO BrokeredEndpoint("/modules/${MODULE}/inputs/tap")`;

let local: TestHub;
let module: TestModule;
let sender: ModuleClient;

beforeEach(async () => {
  local = await startTestHub(42);
  local.hub.setRoutes({ tap: route });
  sender = await connectModule(local.environment('filter'));
});

afterEach(async () => {
  await module.stop();
  await sender.close().catch(() => undefined);
  await local.stop();
});

async function start(options: ModuleOptions = {}): Promise<void> {
  module = startModule(local, options);
  await until('the connection', () => module.state() === 'open');
}

const open = () => module.inputsStates.at(-1)?.open === true;
const send = (text: string | Buffer) => sender.sendOutputEvent('out', new common.Message(text));

test('messages come to the inputs, bytes as they are, and are acknowledged', async () => {
  await start();
  await until('the subscription', open);
  const body = Buffer.from([0, 255, 10, 128]);
  await send(body);
  await until('the message', () => module.inputs.length === 1);
  const [{ input, bag, body: came } = { input: '', bag: '', body }] = module.inputs;
  expect([input, came]).toEqual(['tap', body]);
  expect(Object.fromEntries(readProperties(bag).system)).toEqual({
    connectionDeviceId: DEVICE,
    connectionModuleId: 'filter',
  });
  await until('the acknowledgement', () => local.hub.stored(MODULE) === 0);
});

test('a message that cannot be read or handled is acknowledged, and harms nobody', async () => {
  await start({
    onInput: () => {
      throw new Error('no');
    },
  });
  await until('the subscription', open);
  await send('first');
  await until('the acknowledgement', () => eventsOf(local, 'input').length === 1);
  expect((await invoke(local)).ok).toBe(true);
  expect(eventsOf(local, 'connect').filter(({ moduleId }) => moduleId === MODULE)).toHaveLength(1);
});

test('a refused subscription is tried again, beside calls that work all the time', async () => {
  local.hub.faults.swallowSubscribe(INPUTS, 'refuse');
  await start();
  await send('waits');
  await until('attempts', () => eventsOf(local, 'subscribe').filter(({ filter }) => filter === INPUTS).length >= 3);
  expect((await invoke(local)).ok).toBe(true);
  expect(module.inputsStates.at(-1)).toEqual({
    open: false,
    why: `edgeHub did not take the subscription to this module's inputs: the hub refused ${INPUTS}`,
  });
  expect(module.log.lines.filter((line) => line.startsWith('warning'))).toHaveLength(1);
  local.hub.faults.swallowSubscribe(undefined);
  await until('the message', () => module.inputs.length === 1);
  expect(module.states).toEqual(['connecting', 'open']);
});

test('an edgeHub that was created anew is subscribed to again', async () => {
  await start();
  await until('the subscription', open);
  await local.hub.faults.loseSessions();
  await until('the loss', () => !open());
  expect(module.inputsStates.at(-1)).toMatchObject({ why: expect.stringMatching(/^the connection to edgeHub /) });
  await untilAnswered(local, 5000);
  await until('the subscription', open);
  await sender.close();
  sender = await connectModule(local.environment('filter'));
  await send('again');
  await until('the message', () => module.inputs.some(({ body }) => body.toString() === 'again'));
});

test('over the direct way nothing is subscribed to, and it is said why nothing comes', async () => {
  await local.hub.faults.down('edge');
  await start({ fallback: true, fallbackAfterSecs: 0.1 });
  await until('the direct way', () => eventsOf(local, 'connect').some(({ endpoint }) => endpoint === 'cloud'));
  expect(eventsOf(local, 'subscribe').filter(({ filter }) => filter === INPUTS)).toEqual([]);
  expect(module.inputsStates.at(-1)).toEqual({
    open: false,
    why: 'this module is connected to IoT Hub directly, where there are no routes to modules',
  });
});
