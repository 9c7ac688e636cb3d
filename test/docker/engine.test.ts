import { setTimeout as sleep } from 'node:timers/promises';
import { createEngine } from '../../module/docker/engine.ts';
import { frame, gathered } from '../logs/support/frames.ts';
import { fakeEngine, sendJson } from './support/fake-engine.ts';

/*
 * Faults that a real engine does not have at will, and what goes over the wire. How a real engine behaves is in
 * engine.engine.test.ts.
 */

const never = new AbortController().signal;
const logs = '/containers/m/logs';

async function noConnections(engine: { connections(): Promise<number> }): Promise<void> {
  for (let tries = 0; tries < 50 && (await engine.connections()) > 0; tries += 1) await sleep(10);
  expect(await engine.connections()).toBe(0);
}

test('requests are made under the newest version that both sides know, agreed on once', async () => {
  await using engine = await fakeEngine({ '/networks': sendJson([{ Name: 'b' }, { Name: 'a' }]) });
  const docker = createEngine(engine.dockerHost);
  expect(await docker.networks(never)).toEqual(['a', 'b']);
  await docker.networks(never);
  expect(engine.asked).toEqual(['GET /version', 'GET /v1.47/networks', 'GET /v1.47/networks']);
});

test('when the engine comes to refuse the version, another is agreed on', async () => {
  let apiVersion = '1.40';
  const tooOld = 'client version 1.40 is too old. Minimum supported API version is 1.44';
  await using engine = await fakeEngine({
    '/version': (...ask) => sendJson({ ApiVersion: apiVersion, MinAPIVersion: '1.24' })(...ask),
    '/networks': (request, response) =>
      request.url?.startsWith(`/v${apiVersion}/`)
        ? sendJson([])(request, response)
        : sendJson({ message: tooOld }, 400)(request, response),
  });
  const docker = createEngine(engine.dockerHost);
  await docker.networks(never);
  apiVersion = '1.45';
  expect(await docker.networks(never)).toEqual([]);
  expect(engine.asked.at(-1)).toBe('GET /v1.45/networks');
});

test('a failed agreement is not remembered', async () => {
  let answers = false;
  await using engine = await fakeEngine({
    '/version': (...ask) =>
      sendJson(answers ? { ApiVersion: '1.41' } : { message: 'starting' }, answers ? 200 : 503)(...ask),
    '/networks': sendJson([]),
  });
  const docker = createEngine(engine.dockerHost);
  await expect(docker.networks(never)).rejects.toMatchObject({
    code: 'unavailable',
    message: 'version: the container engine answered 503: starting.',
  });
  answers = true;
  expect(await docker.networks(never)).toEqual([]);
});

test.each([
  [404, 'not-found', 'logs of m: No such container: m.'],
  [400, 'bad-request', 'logs of m: the container engine answered 400: No such container: m.'],
  [500, 'unavailable', 'logs of m: the container engine answered 500: No such container: m.'],
  [501, 'unavailable', 'logs of m: the container engine answered 501: No such container: m.'],
])('a refusal with %d is told in the engine’s words', async (status, code, message) => {
  const refusal = sendJson({ message: 'No such container: m' }, status);
  await using engine = await fakeEngine({ [logs]: refusal, '/containers/m/restart': refusal });
  const docker = createEngine(engine.dockerHost);
  await expect(docker.logs('m', {}, never)).rejects.toMatchObject({ code, message });
  await expect(docker.restart('m', never)).rejects.toMatchObject({
    code,
    message: message.replace('logs of', 'restart'),
  });
  await noConnections(engine);
});

test('what a proxy or the engine forbids is told with the request, and without the page that a proxy shows', async () => {
  const page = '<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n';
  await using engine = await fakeEngine({
    '/networks': (_, response) => void response.writeHead(403, { 'content-type': 'text/html' }).end(page),
    '/containers/m/json': sendJson({ Config: { Tty: false } }),
    [logs]: (_, response) => void response.writeHead(405, { 'content-type': 'text/plain' }).end('Method Not Allowed'),
    '/info': sendJson({ message: 'authorization denied by plugin opa: no' }, 403),
  });
  const docker = createEngine(engine.dockerHost);
  const refusal = (asked: string, status: number) =>
    `a proxy in front of the container engine forbids "${asked}" (it answered ${status}); to have it, allow that request there.`;
  await expect(docker.networks(never)).rejects.toMatchObject({
    code: 'forbidden',
    message: `list networks: ${refusal('GET /networks', 403)}`,
  });
  await expect(docker.logs('m', {}, never)).rejects.toMatchObject({
    code: 'forbidden',
    message: `logs of m: ${refusal('GET /containers/m/logs', 405)}`,
  });
  await expect(docker.info(never)).rejects.toMatchObject({
    code: 'forbidden',
    message:
      'info: the container engine forbids "GET /info" (it answered 403): authorization denied by plugin opa: no.',
  });
});

test('names that could change the request never reach the engine', async () => {
  await using engine = await fakeEngine({});
  const docker = createEngine(engine.dockerHost);
  for (const name of ['', '../x', 'a/b', 'a?b', 'a b', '-a', 'a\n']) {
    for (const call of [docker.inspect, docker.restart, docker.network]) {
      await expect(call(name, never)).rejects.toMatchObject({ code: 'bad-request' });
    }
    await expect(docker.logs(name, {}, never)).rejects.toMatchObject({ code: 'bad-request' });
  }
  expect(engine.asked).toEqual([]);
});

test('the query of a log, and its body over TCP', async () => {
  await using engine = await fakeEngine({ [logs]: (_, response) => response.end(frame(1, 'a\n')) }, true);
  const docker = createEngine(engine.dockerHost);
  const { tty, body } = await docker.logs('m', { since: 5, until: 9, tail: 3, timestamps: true }, never);
  expect([tty, Buffer.concat(await gathered(body))]).toEqual([false, frame(1, 'a\n')]);
  expect(engine.asked.at(-1)).toBe(
    `GET /v1.47${logs}?stdout=true&stderr=true&follow=false&timestamps=true&tail=3&since=5&until=9`,
  );
  await gathered((await docker.logs('m', {}, never)).body);
  expect(engine.asked.at(-1)).toBe(
    `GET /v1.47${logs}?stdout=true&stderr=true&follow=false&timestamps=false&tail=all&since=0`,
  );
  await noConnections(engine);
});

test('an engine that dies in the middle of a log fails the log, after what it sent', async () => {
  await using engine = await fakeEngine({
    [logs]: (_, response) => {
      response.write(frame(1, 'came\n'));
      setTimeout(() => response.destroy(), 20);
    },
  });
  const { body } = await createEngine(engine.dockerHost).logs('m', {}, never);
  const came: Buffer[] = [];
  const all = (async () => {
    for await (const chunk of body) came.push(chunk);
  })();
  await expect(all).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^logs of m: the container engine at unix:.* closed the connection in the middle/),
  });
  expect(Buffer.concat(came)).toEqual(frame(1, 'came\n'));
});

test('an engine that closes without an answer, or speaks something else, is told', async () => {
  await using engine = await fakeEngine({
    [logs]: (_, response) => response.destroy(),
    '/info': (_, response) => response.end('<html>'),
  });
  const docker = createEngine(engine.dockerHost);
  await expect(docker.logs('m', {}, never)).rejects.toMatchObject({ code: 'unavailable' });
  await expect(docker.info(never)).rejects.toThrow('info: expected JSON from the container engine, got "<html>".');
});

test.each(['inspect', 'restart', 'logs'] as const)('the signal ends a waiting %s and its socket', async (call) => {
  const silent = () => undefined;
  await using engine = await fakeEngine({
    [call === 'inspect' ? '/containers/m/json' : `/containers/m/${call}`]: silent,
  });
  const docker = createEngine(engine.dockerHost);
  const reason = new Error('the caller gave up');
  const controller = new AbortController();
  setTimeout(() => controller.abort(reason), 50);
  const asked = call === 'logs' ? docker.logs('m', {}, controller.signal) : docker[call]('m', controller.signal);
  await expect(asked).rejects.toBe(reason);
  await noConnections(engine);
});

test('the signal ends a log in the middle and its socket', async () => {
  await using engine = await fakeEngine({ [logs]: (_, response) => response.write(frame(1, 'a\n')) });
  const controller = new AbortController();
  const { body } = await createEngine(engine.dockerHost).logs('m', {}, controller.signal);
  const reason = new Error('the caller gave up');
  setTimeout(() => controller.abort(reason), 50);
  await expect(gathered(body)).rejects.toBe(reason);
  await noConnections(engine);
});

test('an aborted signal asks nothing', async () => {
  await using engine = await fakeEngine({});
  const docker = createEngine(engine.dockerHost);
  await expect(docker.inspect('m', AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
  await expect(docker.logs('m', {}, AbortSignal.abort(new Error('over')))).rejects.toThrow('over');
  expect(engine.asked).toEqual([]);
});

test('the engine is held back by a slow reader, and let go when the reader leaves', async () => {
  let sent = 0;
  await using engine = await fakeEngine({
    [logs]: (_, response) => {
      const block = frame(1, Buffer.alloc(32 * 1024, 'x'));
      const more = () => {
        while (!response.destroyed && sent < 64_000_000) {
          sent += block.length;
          if (!response.write(block)) return;
        }
        response.end();
      };
      response.on('drain', more);
      more();
    },
  });
  const { body } = await createEngine(engine.dockerHost).logs('m', {}, never);
  for await (const chunk of body) {
    expect(chunk.length).toBe(64 * 1024);
    await sleep(200);
    break;
  }
  expect(sent).toBeLessThan(4_000_000);
  await noConnections(engine);
});

test.each([
  [
    'unix:///no/such.sock',
    /^version: the container engine at unix:\/\/\/no\/such\.sock cannot be reached: there is no/,
  ],
  ['tcp://127.0.0.1:1', /^version: the container engine at http:\/\/127\.0\.0\.1:1 cannot be reached: nothing answers/],
])('an engine that is not there: %s', async (dockerHost, message) => {
  const docker = createEngine(dockerHost);
  for (const call of [docker.version, docker.info, docker.modules]) {
    await expect(call(never)).rejects.toMatchObject({ code: 'unavailable', message: expect.stringMatching(message) });
  }
});

test('what the environment says of Docker does not matter', async () => {
  await using engine = await fakeEngine({ '/networks': sendJson([]) });
  const before = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = 'tcp://127.0.0.1:1';
  try {
    expect(await createEngine(engine.dockerHost).networks(never)).toEqual([]);
  } finally {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  }
});

test('what is taken away is named in the path, and nothing that could change the request gets there', async () => {
  const done = sendJson({}, 200);
  const image = `sha256:${'a'.repeat(64)}`;
  await using engine = await fakeEngine({
    '/containers/c': done,
    '/networks/n': done,
    '/volumes/v': done,
    '/images/repo/app:1': done,
    [`/images/${image}`]: done,
    '/build/prune': done,
    '/containers/c/stop': (_, response) => response.writeHead(304).end(),
    '/containers/used': sendJson({ message: 'in use' }, 409),
  });
  const docker = createEngine(engine.dockerHost);
  await docker.stop('c', never);
  await docker.remove('container', 'c', never);
  await docker.remove('container', 'c', never, true);
  for (const [what, id] of [
    ['network', 'n'],
    ['volume', 'v'],
    ['image', 'repo/app:1'],
    ['image', image],
  ] as const) {
    await docker.remove(what, id, never);
  }
  await docker.remove('cache', 'x"y', never);
  expect(engine.asked.slice(1).map((line) => decodeURIComponent(line.replace('/v1.47', '')))).toEqual([
    'POST /containers/c/stop',
    'DELETE /containers/c?force=false&v=false',
    'DELETE /containers/c?force=true&v=false',
    'DELETE /networks/n',
    'DELETE /volumes/v',
    'DELETE /images/repo/app:1',
    `DELETE /images/${image}`,
    'POST /build/prune?all=true&filters={"id":{"x\\"y":true}}',
  ]);
  await expect(docker.remove('container', 'used', never)).rejects.toMatchObject({
    code: 'conflict',
    message: 'remove container used: the container engine answered 409: in use.',
  });
  const count = engine.asked.length;
  for (const what of ['container', 'network', 'volume', 'image'] as const) {
    await expect(docker.remove(what, '../x?', never)).rejects.toMatchObject({ code: 'bad-request' });
  }
  expect(engine.asked).toHaveLength(count);
});
