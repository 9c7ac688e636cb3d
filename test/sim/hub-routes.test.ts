import common from 'azure-iot-common';
import type { ModuleClient } from 'azure-iot-device';
import { readRoute } from '../../sim/hub/routes.ts';
import { connectModule } from './support/device.ts';
import { MODULE, startTestHub, type TestHub, until } from './support/hub.ts';
import { rawClient } from './support/raw.ts';

let local: TestHub;
const clients: ModuleClient[] = [];

beforeEach(async () => {
  local = await startTestHub(41);
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close().catch(() => undefined);
  await local.stop();
});

async function connect(moduleId: string): Promise<ModuleClient> {
  const client = await connectModule(local.environment(moduleId));
  clients.push(client);
  return client;
}

const into = (input: string) => `INTO BrokeredEndpoint("/modules/${MODULE}/inputs/${input}")`;

function message(text: string): InstanceType<typeof common.Message> {
  const made = new common.Message(text);
  made.contentType = 'application/json';
  made.properties.add('a b', '1/2&3=4');
  return made;
}

test('messages take the routes there are and come to the inputs of the real SDK, with who sent them', async () => {
  local.hub.setRoutes({
    all: `FROM /messages/* ${into('tap')}`,
    alerts: { route: `FROM /messages/modules/filter/outputs/alerts ${into('alerts')}` },
    off: `FROM /messages/* WHERE false ${into('off')}`,
    up: 'FROM /messages/* INTO $upstream',
  });
  const sender = await connect('filter');
  const receiver = await connect(MODULE);
  const heard: unknown[] = [];
  receiver.on('inputMessage', (input: string, { data, contentType, properties }: InstanceType<typeof common.Message>) =>
    heard.push([input, String(data), contentType, properties.propertyList.map(({ key, value }) => `${key}=${value}`)]),
  );
  await sender.sendOutputEvent('alerts', message('{"t":1}'));
  await sender.sendOutputEvent('other', message('{"t":2}'));
  await until('three messages', () => heard.length === 3);
  const properties = ['a b=1/2&3=4', '$.cdid=sim-device', '$.cmid=filter'];
  expect(heard).toEqual([
    ['tap', '{"t":1}', 'application/json', properties],
    ['alerts', '{"t":1}', 'application/json', properties],
    ['tap', '{"t":2}', 'application/json', properties],
  ]);
  await until('the acknowledgements', () => local.hub.stored(MODULE) === 0);
  expect(local.hub.events.filter(({ type }) => type === 'input')).toHaveLength(3);
});

test('a module that does not listen leaves its messages in the store, until it does or the store is lost', async () => {
  local.hub.setRoutes({ all: `FROM /messages/* ${into('tap')}` });
  const sender = await connect('filter');
  const receiver = rawClient(local, { moduleId: MODULE });
  await receiver.connect();
  for (const text of ['1', '2', '3']) await sender.sendOutputEvent('out', message(text));
  expect(local.hub.stored(MODULE)).toBe(3);
  await receiver.subscribe(`devices/sim-device/modules/${MODULE}/inputs/#`);
  await until('the messages', () => local.hub.stored(MODULE) === 0);
  expect(receiver.messages.map(({ body }) => body)).toEqual(['1', '2', '3']);
  await receiver.disconnect();
  await sender.sendOutputEvent('out', message('4'));
  expect(local.hub.stored(MODULE)).toBe(1);
  await local.hub.faults.loseSessions();
  expect(local.hub.stored(MODULE)).toBe(0);
});

test.each([
  'FROM /messages/*',
  'FROM messages INTO $upstream',
  'INTO $upstream',
  `FROM /messages/* INTO BrokeredEndpoint("/modules/${MODULE}")`,
])('%s is no route', (text) => {
  expect(() => readRoute(text)).toThrow('edgeHub would not read this route');
});
