import { once } from 'node:events';
import tls from 'node:tls';
import { DEVICE, MODULE, startTestHub, type TestHub, until } from './support/hub.ts';
import { moduleToken, rawClient } from './support/raw.ts';

const METHODS = '$iothub/methods/POST/#';

let local: TestHub;

beforeAll(async () => {
  local = await startTestHub(13);
  local.hub.register(MODULE);
  local.hub.register('other');
});

afterAll(async () => {
  await local.stop();
});

describe('connecting', () => {
  test.each([
    ['a wrong signature', () => ({ token: moduleToken(local, MODULE).replace(/sig=../, 'sig=AA') })],
    ['an expired token', () => ({ token: moduleToken(local, MODULE, -1) })],
    ["another module's token", () => ({ token: moduleToken(local, 'other') })],
    ['no token', () => ({ token: 'secret' })],
    ['a client id that does not fit', () => ({ clientId: `${DEVICE}/other` })],
    ['another device', () => ({ clientId: `d/${MODULE}`, username: `${local.cloudHost}/d/${MODULE}/?api-version=1` })],
    ['another hub', () => ({ username: `hub/${DEVICE}/${MODULE}/?api-version=1` })],
    ['no api-version', () => ({ username: `${local.cloudHost}/${DEVICE}/${MODULE}/?` })],
  ])('%s is refused as not authorised', async (_, options) => {
    await expect(rawClient(local, { moduleId: MODULE, ...options() }).connect()).rejects.toThrow(/Not authorized/);
    expect(local.hub.events.at(-1)).toMatchObject({ type: 'refused', endpoint: 'edge', why: expect.any(String) });
    expect(local.hub.connected(MODULE)).toBe(false);
  });

  test('an unregistered module is refused', async () => {
    const username = `${local.cloudHost}/${DEVICE}/stranger/?api-version=1`;
    const client = rawClient(local, { moduleId: MODULE, clientId: `${DEVICE}/stranger`, username });
    await expect(client.connect()).rejects.toThrow(/Not authorized/);
  });

  test.each(['edge', 'cloud'] as const)('MQTT over WebSockets works at the %s', async (via) => {
    const client = rawClient(local, { moduleId: MODULE, via, webSockets: true });
    await client.connect();
    expect(await client.subscribe(METHODS)).toMatchObject([{ qos: 0 }]);
    await client.disconnect();
  });

  test.each([8883, 443, 5671])(
    'port %d of both endpoints takes a TLS connection that the root vouches for',
    async (port) => {
      for (const host of [local.edgeHost, local.cloudHost]) {
        const socket = tls.connect({ host, port, ca: local.hub.rootCertificate });
        await once(socket, 'secureConnect');
        expect(socket.authorized).toBe(true);
        socket.destroy();
      }
    },
  );

  test('a new connection displaces the old one', async () => {
    const first = rawClient(local, { moduleId: MODULE });
    await first.connect();
    const second = rawClient(local, { moduleId: MODULE });
    await second.connect();
    await first.dropped;
    await until('the event', () =>
      local.hub.events.find((event) => event.type === 'disconnect' && event.why.includes('displaced')),
    );
    expect(local.hub.connected(MODULE)).toBe(true);
    await second.disconnect();
    await until('the end', () => !local.hub.connected(MODULE));
  });

  test('the connection is dropped when the token expires', async () => {
    const started = performance.now();
    const client = rawClient(local, { moduleId: MODULE, token: moduleToken(local, MODULE, 2) });
    await client.connect();
    await client.dropped;
    expect(performance.now() - started).toBeGreaterThan(900);
    await until('the event', () =>
      local.hub.events.find((event) => event.type === 'disconnect' && event.why === 'the token expired'),
    );
  });
});

describe('topics', () => {
  test.each([`devices/${DEVICE}/modules/other/messages/events/`, 'anything', '$iothub/methods/POST/Ping/?$rid=1'])(
    'publishing to %s ends the connection',
    async (topic) => {
      const client = rawClient(local, { moduleId: MODULE });
      await client.connect();
      client.publish(topic, 'x');
      await client.dropped;
      expect(local.hub.events).toContainEqual(
        expect.objectContaining({ type: 'refused', who: MODULE, why: expect.stringContaining(topic) }),
      );
    },
  );

  test.each(['#', `devices/${DEVICE}/modules/other/inputs/#`, '$SYS/#'])('subscribing to %s fails', async (filter) => {
    const client = rawClient(local, { moduleId: MODULE });
    await client.connect();
    await client.subscribe(filter);
    expect(local.hub.events.at(-1)).toMatchObject({ type: 'subscribe', filter, granted: 128, registered: false });
    await client.disconnect();
  });

  test('a module sees nothing of what the other gets', async () => {
    const [mine, theirs] = [rawClient(local, { moduleId: MODULE }), rawClient(local, { moduleId: 'other' })];
    for (const client of [mine, theirs]) {
      await client.connect();
      await client.subscribe('$iothub/twin/res/#');
      await client.subscribe('$iothub/twin/PATCH/properties/desired/#');
    }
    theirs.publish('$iothub/twin/GET/?$rid=1');
    local.hub.patchDesired('other', { a: 1 });
    await until('both messages', () => theirs.messages.length === 2);
    expect(theirs.messages.map(({ topic }) => topic).sort()).toEqual([
      '$iothub/twin/PATCH/properties/desired/?$version=2',
      '$iothub/twin/res/200/?$rid=1',
    ]);
    expect(mine.messages).toEqual([]);
    await Promise.all([mine.disconnect(), theirs.disconnect()]);
  });

  test('a module that did not subscribe to desired changes is not told of them', async () => {
    const client = rawClient(local, { moduleId: MODULE, clean: true });
    await client.connect();
    await client.subscribe('$iothub/twin/res/#');
    local.hub.patchDesired(MODULE, { untold: 1 });
    client.publish('$iothub/twin/GET/?$rid=9');
    await until('the twin', () => client.messages.length > 0);
    expect(client.messages.map(({ topic }) => topic)).toEqual(['$iothub/twin/res/200/?$rid=9']);
    await client.disconnect();
  });

  test('a reported patch that is no JSON is answered with 400, a good one with 204 and its version', async () => {
    const client = rawClient(local, { moduleId: MODULE });
    await client.connect();
    await client.subscribe('$iothub/twin/res/#');
    client.publish('$iothub/twin/PATCH/properties/reported/?$rid=1', '{');
    client.publish('$iothub/twin/PATCH/properties/reported/?$rid=2', '{"a":1}');
    await until('both answers', () => client.messages.length === 2);
    expect(client.messages[0]?.topic).toBe('$iothub/twin/res/400/?$rid=1');
    expect(JSON.parse(client.messages[0]?.body ?? '')).toMatchObject({ errorCode: 400004 });
    expect(client.messages[1]).toEqual({ topic: '$iothub/twin/res/204/?$rid=2&$version=2', body: '' });
    await client.disconnect();
  });
});

describe('sessions', () => {
  test('a session with clean=false is kept, also while the endpoint is down; clean=true ends it', async () => {
    const client = rawClient(local, { moduleId: MODULE });
    const connects = () => local.hub.events.filter((event) => event.type === 'connect');
    await client.connect();
    await client.subscribe(METHODS);
    await client.disconnect();
    await local.hub.faults.down('edge');
    await local.hub.faults.up('edge');
    await client.connect();
    expect(connects().at(-1)).toMatchObject({ sessionPresent: true, clean: false });
    await client.disconnect();
    const clean = rawClient(local, { moduleId: MODULE, clean: true });
    await clean.connect();
    expect(connects().at(-1)).toMatchObject({ sessionPresent: false, clean: true });
    await clean.disconnect();
    await client.connect();
    expect(connects().at(-1)).toMatchObject({ sessionPresent: false });
    await client.disconnect();
  });

  test('edge and cloud keep their sessions apart', async () => {
    const edge = rawClient(local, { moduleId: MODULE });
    await edge.connect();
    await edge.subscribe(METHODS);
    const cloud = rawClient(local, { moduleId: MODULE, via: 'cloud', clean: true });
    await cloud.connect();
    expect(local.hub.events.at(-1)).toMatchObject({ endpoint: 'cloud', sessionPresent: false });
    expect(local.hub.connected(MODULE)).toBe(true);
    await edge.disconnect();
    await cloud.disconnect();
  });
});
