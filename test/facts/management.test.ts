import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { readFacts } from '../../module/facts/index.ts';
import { hostWith } from './support/host-files.ts';
import { worldWith } from './support/world.ts';

const path = '/var/run/iotedge/mgmt.sock';

/** edged's management API on a real socket. */
async function read(listener: RequestListener, limitMs = 10_000) {
  await using device = await hostWith({});
  await mkdir(device.at('/var/run/iotedge'), { recursive: true });
  const server = createServer(listener).listen(device.at(path));
  await once(server, 'listening');
  try {
    return (await readFacts(['management'], worldWith({ host: device.host }), { limitMs })).management;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const answers: RequestListener = ({ url }, response) => {
  const body = url?.startsWith('/modules?')
    ? { modules: [{ name: 'edgeAgent' }, { name: 'edgeHub' }] }
    : { osType: 'Linux', version: '1.5.21', provisioning: {} };
  response.end(JSON.stringify(body));
};

test("edged's version and how many modules it knows", async () => {
  expect(await read(answers)).toMatchObject({ value: { path, modules: 2, version: '1.5.21', osType: 'Linux' } });
});

test('F40: an edged that hangs is an answer within its limit', async () => {
  const started = performance.now();
  const reading = await read(() => {}, 600);
  expect(performance.now() - started).toBeLessThan(1000);
  expect(reading).toMatchObject({
    value: { path, error: expect.stringMatching(/^GET \/modules did not finish within/) },
  });
});

test.each<[string, RequestListener, RegExp]>([
  ['refuses', (_, response) => response.writeHead(500).end('{"message":"x"}'), /^Got bad response: status 500/],
  ['is no JSON', (_, response) => response.end('hello'), /^Got bad response: status 200, expected 200 and a JSON/],
  ['has no modules', (_, response) => response.end('{}'), /^Got bad response: there is no list/],
  ['is endless', (_, response) => void response.end('x'.repeat(2 << 20)), /longer than 1 MB/],
  ['is cut off', (request) => request.socket.destroy(), /socket hang up/],
])('an answer that %s', async (_, listener, error) => {
  expect(await read(listener)).toMatchObject({ value: { error: expect.stringMatching(error) } });
});

test('a socket that edgeAgent was given and that is gone is an answer, one that never was is none', async () => {
  const device = { engineRoot: '/x', storageFolders: [], managementSocket: path };
  await using gone = await hostWith({}, { missing: [path], device });
  await using never = await hostWith({}, { missing: [path] });
  await using unknown = await hostWith({}, { device: { engineRoot: '/x', storageFolders: [] } });
  const of = async ({ host }: typeof gone) => (await readFacts(['management'], worldWith({ host }))).management;
  expect(await of(gone)).toMatchObject({ value: { error: 'There is no such socket.' } });
  expect(await of(never)).toMatchObject({ unavailable: 'mount-missing' });
  expect(await of(unknown)).toMatchObject({ unavailable: 'unknown' });
});
