import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import { createEngine } from '../../module/docker/engine.ts';
import { moduleImages } from '../../module/facts/module-images.ts';
import { encodedLog, type LogCount, type LogFilter, type LogFormat, readItems } from '../../module/logs/logs.ts';
import { createRedactor } from '../../module/redact/redact.ts';
import { removeContents } from '../../sim/engine/labelled.ts';
import { type Engine, ownerLabel, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { waitFor } from '../../sim/wait.ts';
import { worldWith } from '../facts/support/world.ts';
import { gathered } from '../logs/support/frames.ts';
import { testEngine } from '../support/local-edge.ts';

let engine: Engine;
let image: string;
let docker: ReturnType<typeof createEngine>;
beforeAll(async () => {
  engine = testEngine();
  image = await buildWorkloadImage(engine.docker);
  docker = createEngine(engine.dockerHost);
}, 60_000);
afterAll(() => removeContents(engine.docker, `${simLabel}=${engine.runId}`), 60_000);

const soon = () => AbortSignal.timeout(20_000);
const redactor = createRedactor({ key: Buffer.from('key'), known: () => [] });
const text: LogFormat = { contentType: 'text', encoding: 'none' };

/** Runs a shell script in a container of its own; resolves when it has ended, unless told otherwise. */
async function run(name: string, script: string, options: Dockerode.ContainerCreateOptions = {}, wait = true) {
  const container = await engine.docker.createContainer({
    name: `${name}-${engine.runId}`,
    Image: image,
    Cmd: ['sh', '-c', script],
    Labels: { [simLabel]: engine.runId, [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent' },
    ...options,
    HostConfig: { NetworkMode: 'none', ...options.HostConfig },
  });
  await container.start();
  if (wait) await container.wait();
  return `${name}-${engine.runId}`;
}

async function read(module: string, filter: LogFilter = {}, format = text) {
  const count: LogCount = { lines: 0, bytes: 0, warnings: [] };
  const [selector] = readItems([{ id: 'all', filter }], new Date());
  if (!selector) throw new Error('no selector');
  const source = { docker, redactor, iothub: 'h', device: 'd' };
  const output = Buffer.concat(await gathered(encodedLog(source, module, selector.ask, format, count, soon())));
  return { output: output.toString(), ...count };
}

const records = async (module: string, filter?: LogFilter) =>
  JSON.parse((await read(module, filter, { contentType: 'json', encoding: 'none' })).output) as Record<
    string,
    string
  >[];

test('the engine tells its version, its settings and its networks', async () => {
  const version = await docker.version(soon());
  expect(version.apiVersion).toMatch(/^1\.\d+$/);
  const info = await docker.info(soon());
  expect(info.serverVersion).toBe(version.version);
  expect(info.raw['ID']).toEqual(expect.any(String));
  expect(await docker.networks(soon())).toEqual(expect.arrayContaining(['host', 'none']));
  expect((await docker.network('none', soon())).Name).toBe('none');
  await expect(docker.network('not-there', soon())).rejects.toMatchObject({ code: 'not-found' });
});

test('modules are the containers that Edge Agent owns, in the order of their names', async () => {
  const names = [await run('list-b', ':'), await run('list-a', ':')];
  const foreign = await run('list-c', ':', { Labels: { [simLabel]: engine.runId } });
  const found = (await docker.modules(soon())).filter(({ name }) => [...names, foreign].includes(name));
  expect(found.map(({ name, state, image: own }) => [name, state, own])).toEqual([
    [names[1], 'exited', image],
    [names[0], 'exited', image],
  ]);
});

test('events tell how containers of IoT Edge ended, and of no others', async () => {
  const since = Date.now();
  const ended = await run('ended', 'exit 3');
  const foreign = await run('foreign', 'exit 4', { Labels: { [simLabel]: engine.runId } });
  const all = await docker.events(since, Date.now(), soon());
  const events = all.filter(({ name }) => [ended, foreign].includes(name));
  expect(events.map(({ name, action, exitCode }) => [name, action, exitCode])).toEqual(
    expect.arrayContaining([
      [ended, 'start', undefined],
      [ended, 'die', 3],
    ]),
  );
  expect(events.every(({ name, at }) => name === ended && at >= since && at <= Date.now())).toBe(true);
});

test('an engine whose clock is behind ours is not waited for: what is past comes at once', async () => {
  const name = await run('past', 'exit 3');
  const started = performance.now();
  const events = await docker.events(Date.now() - 60_000, Date.now() + 365 * 86_400_000, soon());
  expect(performance.now() - started).toBeLessThan(8000);
  expect(events.some((event) => event.name === name && event.action === 'die')).toBe(true);
}, 15_000);

test('the memory of a running container is told with its limit', async () => {
  const script = 'head -c 20000000 /dev/zero > /dev/shm/held; echo ready; sleep 60';
  const name = await run('holds', script, { HostConfig: { Memory: 64 << 20, ShmSize: 40 << 20 } }, false);
  await waitFor('it to hold memory', async () => ((await read(name)).output === '' ? undefined : true), {
    limitMs: 15_000,
  });
  const { used, limit } = await docker.stats(name, soon());
  expect(limit).toBe(64 << 20);
  expect(used).toBeGreaterThan(20e6);
  expect(used).toBeLessThan(64 << 20);
});

test("an image's name leads to its id; one that is not there is not-found", async () => {
  const { Id } = await engine.docker.getImage(image).inspect();
  expect(await docker.imageId(image, soon())).toBe(Id);
  await expect(docker.imageId('not-there:1', soon())).rejects.toMatchObject({ code: 'not-found' });
});

test('a module whose image name was given to another image has drifted', async () => {
  const name = `drift-${engine.runId}`;
  const tag = (id: string) => engine.docker.getImage(id).tag({ repo: name, tag: 'latest' });
  const { Id: first } = await engine.docker.getImage(image).inspect();
  const ours = async () => {
    const { drifted } = await moduleImages.read(worldWith({ docker }), soon(), 10_000);
    return drifted.filter(({ image: own }) => own === `${name}:latest`);
  };
  await tag(first);
  const module = await run('drifts', 'sleep 60', { Image: `${name}:latest` }, false);
  expect(await ours()).toEqual([]);
  const container = engine.docker.getContainer(module);
  const { Id: second } = (await container.commit({ repo: name, tag: 'latest' })) as { Id: string };
  expect(await ours()).toEqual([{ module, image: `${name}:latest`, runs: first, now: second }]);
  await engine.docker.getImage(`${name}:latest`).remove({ force: true });
  expect(await ours()).toEqual([{ module, image: `${name}:latest`, runs: first }]);
});

test.each(['json-file', 'local'])('the log of a %s container, both streams in order', async (driver) => {
  const script =
    'for i in 1 2 3; do echo "<6> out $i"; sleep 0.1; echo "<3> err $i" >&2; sleep 0.1; done; echo; printf end';
  const name = await run(`plain-${driver}`, script, { HostConfig: { LogConfig: { Type: driver, Config: {} } } });
  const all = '<6> out 1\n<3> err 1\n<6> out 2\n<3> err 2\n<6> out 3\n<3> err 3\n\nend';
  expect(await read(name)).toMatchObject({ output: all, lines: 8, bytes: all.length, warnings: [] });
  expect((await read(name, { tail: 2 })).output).toBe('\nend');
  expect((await read(name, { tail: 2, loglevel: 3 })).output).toBe('<3> err 2\n<3> err 3\n');
  expect((await read(name, { regex: '[12]$', tail: 3 })).output).toBe('<3> err 1\n<6> out 2\n<3> err 2\n');
  expect((await records(name)).map(({ stream, loglevel, text }) => [stream, loglevel, text])).toEqual([
    ['stdout', 6, 'out 1'],
    ['stderr', 3, 'err 1'],
    ['stdout', 6, 'out 2'],
    ['stderr', 3, 'err 2'],
    ['stdout', 6, 'out 3'],
    ['stderr', 3, 'err 3'],
    ['stdout', 6, ''],
    ['stdout', 6, 'end'],
  ]);
});

test('the log of a TTY container is read without frames', async () => {
  const name = await run('tty', 'for i in 1 2 3; do echo "<4> line $i"; done; echo err >&2', { Tty: true });
  expect((await read(name)).output).toBe('<4> line 1\r\n<4> line 2\r\n<4> line 3\r\nerr\r\n');
  expect((await read(name, { loglevel: 4, tail: 1 })).output).toBe('<4> line 3\r\n');
  expect(
    (await records(name, { regex: 'line' })).map(({ stream, text, timestamp }) => [stream, text, timestamp]),
  ).toEqual([1, 2, 3].map((line) => ['stdout', `line ${line}\r`, expect.stringMatching(/^20\d\d-.*\+00:00$/)]));
});

test.each([false, true])('lines that the engine cuts into pieces are whole again (TTY: %p)', async (Tty) => {
  const script = "echo before; yes x | tr -d '\\n' | head -c 40000; echo ' end'; echo after";
  const name = await run(`long-${Tty}`, script, { Tty });
  const long = `${'x'.repeat(40_000)} end`;
  const plain = `before\n${long}\nafter\n`;
  expect((await read(name)).output).toBe(Tty ? plain.replaceAll('\n', '\r\n') : plain);
  if (Tty) return;
  expect((await read(name, { regex: ' end$' })).output).toBe(`${long}\n`);
  const stamped = (await read(name, { includeTimestamp: true })).output.split('\n');
  expect(stamped.map((line) => line.replace(/^2\S{28}Z /, ''))).toEqual(['before', long, 'after', '']);
  expect((await records(name)).map(({ text: own }) => own)).toEqual(['before', long, 'after']);
});

test('since and until cut the log at seconds', async () => {
  const name = await run('window', 'for i in 1 2 3; do date +%s; sleep 2.1; done');
  const [first = '', second = '', third = ''] = (await read(name)).output.split('\n');
  expect(Number(third) - Number(first)).toBeGreaterThanOrEqual(4);
  const at = (time: string, seconds: number) => String(Number(time) + seconds);
  expect((await read(name, { since: second })).output).toBe(`${second}\n${third}\n`);
  expect((await read(name, { until: at(first, 1) })).output).toBe(`${first}\n`);
  expect((await read(name, { since: at(first, 1), until: at(second, 1) })).output).toBe(`${second}\n`);
  expect((await read(name, { until: at(second, 1), tail: 1 })).output).toBe(`${second}\n`);
  expect((await read(name, { since: '1h', tail: 2 })).output).toBe(`${second}\n${third}\n`);
  expect((await read(name, { since: second, until: second })).output).toBe('');
}, 30_000);

test('a logging driver that cannot be read is an error with the engine’s reason', async () => {
  const name = await run('none', 'echo lost', { HostConfig: { LogConfig: { Type: 'none', Config: {} } } });
  await expect(read(name)).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/^logs of none-\w+: the container engine answered \d+: .*logging driver/),
  });
});

test('an unknown container is not found', async () => {
  for (const call of [docker.inspect, docker.restart, (name: string) => docker.logs(name, {}, soon())]) {
    await expect(call('not-there', soon())).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/^(inspect|restart) not-there: No such container: not-there\.$/),
    });
  }
});

test('restart waits until the container runs again', async () => {
  const name = await run('restart', 'trap "exit 0" TERM; sleep 100 & wait', {}, false);
  const before = await docker.inspect(name, soon());
  await docker.restart(name, soon());
  const after = await docker.inspect(name, soon());
  expect(after.State.Running).toBe(true);
  expect(after.State.StartedAt > before.State.StartedAt).toBe(true);
}, 30_000);

test('a restart that takes too long is given up with the signal', async () => {
  const name = await run('stubborn', 'trap "" TERM; while :; do sleep 1; done', {}, false);
  const started = performance.now();
  await expect(docker.restart(name, AbortSignal.timeout(500))).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(performance.now() - started).toBeLessThan(3000);
}, 30_000);

test('a log can be left in the middle, by its reader and by the signal', async () => {
  const name = await run(
    'large',
    "i=0; while [ $i -lt 300 ]; do yes y | tr -d '\\n' | head -c 9999; echo; i=$((i+1)); done",
  );
  for await (const chunk of (await docker.logs(name, {}, soon())).body) {
    expect(chunk.length).toBe(64 * 1024);
    break;
  }
  const controller = new AbortController();
  const { body } = await docker.logs(name, {}, controller.signal);
  const reading = (async () => {
    for await (const _ of body) {
      controller.abort(new Error('enough'));
      await sleep(1);
    }
  })();
  await expect(reading).rejects.toThrow('enough');
  expect((await read(name)).bytes).toBe(3_000_000);
}, 30_000);

test('F54: a registry is asked for an image, and nothing is pulled', async () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [],
  });
  const registry = createServer(({ url = '' }, response) => {
    if (url === '/v2/') return void response.end('{}');
    if (url.startsWith('/v2/private/')) return void response.writeHead(401).end('{"errors":[{"code":"UNAUTHORIZED"}]}');
    if (!url.startsWith('/v2/agent/manifests/')) return void response.writeHead(404).end('{}');
    if (url.endsWith('/wrong')) return void response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
    response.writeHead(200, {
      'content-type': 'application/vnd.oci.image.index.v1+json',
      'content-length': manifest.length,
      'docker-content-digest': digest,
    });
    response.end(manifest);
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
  const { port } = registry.address() as AddressInfo;
  const ask = (image: string) => docker.distribution(`127.0.0.1:${port}/${image}`, soon());
  try {
    expect((await ask('agent:1.5')).digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    await expect(ask('agent:wrong')).rejects.toMatchObject({ code: 'not-found' });
    await expect(ask('private/agent:1')).rejects.toThrow(/unauthorized|denied|authentication required/i);
    expect(await engine.docker.listImages({ filters: { reference: [`127.0.0.1:${port}/*`] } })).toEqual([]);
  } finally {
    registry.closeAllConnections();
    registry.close();
  }
});
