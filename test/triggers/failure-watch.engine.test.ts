import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type Dockerode from 'dockerode';
import type { Docker } from '../../module/docker/docker.ts';
import { createEngine } from '../../module/docker/engine.ts';
import { createFailureShelf } from '../../module/storage/failures.ts';
import { createFailureWatch } from '../../module/triggers/failure-watch.ts';
import { removeContents } from '../../sim/engine/labelled.ts';
import { type Engine, ownerLabel, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { waitFor } from '../../sim/wait.ts';
import { testEngine } from '../support/local-edge.ts';
import { services } from '../support/services.ts';

let engine: Engine;
let image: string;
let docker: Docker;
beforeAll(async () => {
  engine = testEngine();
  image = await buildWorkloadImage(engine.docker);
  docker = createEngine(engine.dockerHost);
}, 60_000);
// What is left running would be waited for after a restart of the engine.
afterEach(() => removeContents(engine.docker, `${simLabel}=${engine.runId}`), 60_000);

type Options = Dockerode.ContainerCreateOptions;

/** A module of this device that runs a shell script. */
async function deploy(name: string, script: string, options: Options = {}): Promise<Dockerode.Container> {
  const container = await engine.docker.createContainer({
    name: `${name}-${engine.runId}`,
    Image: image,
    Cmd: ['sh', '-c', script],
    StopTimeout: 1,
    ...options,
    Labels: { [simLabel]: engine.runId, [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent', ...options.Labels },
    HostConfig: { NetworkMode: 'none', ...options.HostConfig },
  });
  await container.start();
  return container;
}

interface Kept {
  readonly module: string;
  readonly about: Readonly<Record<string, unknown>>;
  readonly log: string | undefined;
  readonly inspect: string | undefined;
}

/** A watch on the real engine with a data folder of its own. */
async function watch(variables: Readonly<Record<string, string>> = {}, own = docker) {
  const dataFolder = await mkdtemp(join(tmpdir(), 'failure-watch-'));
  const module = services({
    docker: own,
    variables: { EDGE_SUPPORT_COLLECT_ON_FAILURE: 'true', EDGE_SUPPORT_ENGINE_LOGS: '', ...variables },
  });
  const most = () => module.settings().collectOnFailureMegabytes * 1e6;
  const shelf = createFailureShelf({ dataFolder, most });
  const feed = { firstMs: 50, mostMs: 200, renewMs: 60_000 };
  const failureWatch = createFailureWatch({ services: module, shelf, feed });
  failureWatch.changed();
  const kept = async (): Promise<readonly Kept[]> =>
    Promise.all(
      (await shelf.list()).map(async ({ module: full, files }) => {
        const text = async (name: string) => {
          const path = files.find((file) => file.name === name)?.path;
          return path === undefined ? undefined : readFile(path, 'utf8');
        };
        return {
          module: full.replace(`-${engine.runId}`, ''),
          about: JSON.parse((await text('about.json')) ?? 'null'),
          log: await text('log.txt'),
          inspect: await text('inspect.json'),
        };
      }),
    );
  const until = (count: number) =>
    waitFor(`${count} captures`, async () => ((await shelf.list()).length >= count ? kept() : undefined), {
      limitMs: 20_000,
      everyMs: 50,
    });
  return {
    ...failureWatch,
    log: module.log.lines,
    kept,
    until,
    dataFolder,
    [Symbol.asyncDispose]: async () => {
      failureWatch.stop();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}

const forever = 'trap "exit 0" TERM; while :; do sleep 0.1; done';

test('a crash is kept with its last words, its inspect and its exit code, and is counted', async () => {
  await using watching = await watch();
  await deploy('crash', 'echo one; echo two; exit 139');
  const [kept] = await watching.until(1);
  expect(kept).toMatchObject({
    module: 'crash',
    about: { kind: 'died', exitCode: 139, module: `crash-${engine.runId}`, image },
    log: 'one\ntwo\n',
  });
  expect(kept?.about).not.toHaveProperty('missing');
  expect(JSON.parse(kept?.inspect ?? '')).toMatchObject([{ State: { Status: 'exited', ExitCode: 139 } }]);
  expect(watching.log.join('\n')).toContain(
    `crash-${engine.runId} died with exit code 139; what there is of it was kept`,
  );
  expect(watching.record()?.modules[`crash-${engine.runId}`]).toMatchObject({
    ends: 1,
    failures: 1,
    captured: 1,
    last: { kind: 'died', exitCode: 139 },
  });
}, 30_000);

test('ends that somebody ordered are none: stop, restart, kill, removal, the own stop signal; the crash behind them is', async () => {
  await using watching = await watch();
  const stopped = await deploy('stopped', forever);
  const stubborn = await deploy('stubborn', 'trap "" TERM; while :; do sleep 0.1; done');
  const restarted = await deploy('restarted', `trap "exit 129" HUP; ${forever}`);
  const killed = await deploy('killed', forever);
  const removed = await deploy('removed', forever);
  const quiet = await deploy('quiet', 'trap "exit 3" USR1; while :; do sleep 0.1; done', { StopSignal: 'SIGUSR1' });
  const done = await deploy('done', ':', { Labels: { 'net.azure-devices.edge.restartPolicy': 'on-failure' } });
  await Promise.all([
    stopped.stop(),
    stubborn.stop(),
    docker.restart(`restarted-${engine.runId}`, AbortSignal.timeout(10_000)),
    killed.kill(),
    removed.remove({ force: true }),
    quiet.kill({ signal: 'SIGUSR1' }).then(() => quiet.wait()),
    done.wait(),
  ]);
  await restarted.kill({ signal: 'HUP' });
  await restarted.wait();
  const found = await watching.until(1);
  expect(found).toMatchObject([{ module: 'restarted', about: { kind: 'died', exitCode: 129, signal: 1 } }]);
  expect(watching.record()?.modules).toMatchObject({
    [`restarted-${engine.runId}`]: { ends: 2, failures: 1 },
    [`quiet-${engine.runId}`]: { ends: 1, failures: 0 },
  });
}, 30_000);

test('an out-of-memory kill is one failure, and is named', async () => {
  await using watching = await watch();
  const eats = 'x=0123456789abcdef; while :; do x=$x$x; done';
  await deploy('eater', eats, { HostConfig: { Memory: 16e6, MemorySwap: 16e6 } });
  await watching.until(1);
  // A second capture would come before the one of what dies after it.
  await deploy('after-it', 'exit 1');
  const found = await watching.until(2);
  expect(found).toMatchObject([
    { module: 'eater', about: { kind: 'died', exitCode: 137, outOfMemory: true } },
    { module: 'after-it' },
  ]);
}, 30_000);

test('a health check that comes to fail is a failure, and the restart that follows is none', async () => {
  await using watching = await watch();
  const ill = await deploy('ill', `echo "port closed"; ${forever}`, {
    Healthcheck: { Test: ['CMD-SHELL', 'echo not reachable; false'], Interval: 100e6, Timeout: 5e9, Retries: 1 },
  });
  const [kept] = await watching.until(1);
  await ill.stop();
  await deploy('after-ill', 'exit 1');
  expect(await watching.until(2)).toMatchObject([{ module: 'ill' }, { module: 'after-ill' }]);
  expect(kept).toMatchObject({ about: { kind: 'unhealthy' }, log: 'port closed\n' });
  expect(kept?.inspect).toContain('not reachable');
}, 30_000);

test('a crash loop is captured as often as an hour allows, the rest is counted', async () => {
  await using watching = await watch({ EDGE_SUPPORT_COLLECT_ON_FAILURE_PER_HOUR: '2' });
  const name = `loop-${engine.runId}`;
  await deploy('loop', 'exit 7', { HostConfig: { RestartPolicy: { Name: 'always' } } });
  await waitFor('four ends', () => (watching.record()?.modules[name]?.ends ?? 0) >= 4 || undefined, {
    limitMs: 20_000,
  });
  await engine.docker.getContainer(name).remove({ force: true });
  await deploy('after-loop', 'exit 1');
  const found = await watching.until(3);
  expect(found.map(({ module }) => module)).toEqual(['loop', 'loop', 'after-loop']);
  const { failures = 0, captured, skipped = 0 } = watching.record()?.modules[name] ?? {};
  expect({ captured, all: captured === failures - skipped }).toEqual({ captured: 2, all: true });
  expect(watching.log.filter((line) => line.includes('as often as an hour allows'))).toHaveLength(1);
}, 30_000);

test('a container that is taken away at once, and another of its name in its place: never the log of the other', async () => {
  let replaced = Promise.resolve();
  const slow: Docker = {
    ...docker,
    inspect: (...ask) => replaced.then(() => docker.inspect(...ask)),
    logs: (...ask) => replaced.then(() => docker.logs(...ask)),
  };
  await using watching = await watch({}, slow);
  const turn = Promise.withResolvers<void>();
  replaced = turn.promise;
  const gone = await deploy('gone', 'echo the first; exit 5');
  await gone.wait();
  await gone.remove({ force: true });
  await deploy('gone', `echo the second; ${forever}`);
  turn.resolve();
  const [kept] = await watching.until(1);
  expect(kept).toMatchObject({ module: 'gone', about: { kind: 'died', exitCode: 5, containerId: gone.id } });
  expect([kept?.log, kept?.inspect]).toEqual([undefined, undefined]);
  expect(kept?.about['missing']).toEqual([
    'inspect.json: the container was removed before it could be read',
    'log.txt: the container was removed before it could be read',
  ]);
}, 30_000);

test('secrets in environment and log are in none of the bytes that are kept', async () => {
  await using watching = await watch();
  const secret = 'Pl4nted-in-the-environment!';
  const options = { Env: [`API_PASSWORD=${secret}`, 'PLAIN=only-masked-where-it-stands'] };
  await deploy('leaky', 'echo "login with $API_PASSWORD"; echo "pwd=an0ther-s3cret-of-it"; exit 1', options);
  const [kept] = await watching.until(1);
  const all = JSON.stringify(kept);
  for (const planted of [secret, 'an0ther-s3cret-of-it', 'only-masked']) expect(all).not.toContain(planted);
  expect(kept?.log).toMatch(/^login with ‹secret:[0-9a-f]{12}›\npwd=‹secret:[0-9a-f]{12}›\n$/);
  expect(watching.log.join('\n')).not.toContain(secret);
}, 30_000);

test('of a long log its end is kept, in whole lines; read from the engine’s own files too', async () => {
  const { dockerRootDir } = await docker.info(AbortSignal.timeout(10_000));
  await using watching = await watch({ EDGE_SUPPORT_ENGINE_LOGS: `${dockerRootDir}/containers` });
  const talk = 'line=$(printf "%0500d" 0); i=0; while [ $i -lt 2500 ]; do echo "$i $line"; i=$((i+1)); done; exit 1';
  await deploy('talker', talk, { HostConfig: { LogConfig: { Type: 'json-file', Config: {} } } });
  const [kept] = await watching.until(1);
  const lines = kept?.log?.trimEnd().split('\n') ?? [];
  expect(kept?.about['log']).toBe('at most the last 2000 lines, and of them the last 256 KB');
  expect(kept?.log?.length).toBeLessThanOrEqual(256 << 10);
  expect(lines.length).toBeGreaterThan(500);
  expect(lines.map((line) => Number(line.split(' ')[0]))).toEqual(lines.map((_, at) => 2500 - lines.length + at));
}, 30_000);

test.each(['stop', 'crash'] as const)(
  'over a restart of the engine (%s): what it ends itself is no failure, and what crashes afterwards is seen',
  async (how) => {
    if (!engine.owned) return;
    await using watching = await watch();
    await deploy('bystander', forever, { HostConfig: { RestartPolicy: { Name: 'always' } } });
    await engine.restart(how);
    // Long enough for what would be told of the restart itself.
    await delay(500);
    await deploy('after-restart', 'exit 4');
    expect(await watching.until(1)).toMatchObject([{ module: 'after-restart', about: { exitCode: 4 } }]);
  },
  60_000,
);

test('what fails while the engine cannot be followed is kept when it can be again', async () => {
  const cutting = new AbortController();
  const state = { cut: false };
  const narrow: Docker = {
    ...docker,
    async *follow(since, signal) {
      if (state.cut) throw new Error('cut');
      yield* docker.follow(since, cutting.signal.aborted ? signal : AbortSignal.any([signal, cutting.signal]));
    },
  };
  await using watching = await watch({}, narrow);
  await deploy('before', 'exit 1');
  await watching.until(1);
  state.cut = true;
  cutting.abort(new Error('cut'));
  await (await deploy('meanwhile', 'exit 1')).wait();
  state.cut = false;
  expect((await watching.until(2)).map(({ module }) => module)).toEqual(['before', 'meanwhile']);
  expect(watching.log.filter((line) => line.includes('sees no failures until'))).toHaveLength(1);
}, 30_000);

test('a data folder that cannot be written is said once, and nothing else comes of it', async () => {
  await using watching = await watch({ EDGE_SUPPORT_COLLECT_ON_FAILURE_MEGABYTES: '0' });
  for (const name of ['full-1', 'full-2']) await deploy(name, 'exit 1');
  const failed = (name: string) => watching.record()?.modules[`${name}-${engine.runId}`]?.failures === 1;
  await waitFor('both', () => (failed('full-1') && failed('full-2')) || undefined, { limitMs: 20_000 });
  const said = watching.log.filter((line) => line.includes('nothing could be kept')).map((line) => line.split(' ')[0]);
  expect(said).toEqual(['warning', 'debug']);
  expect(await watching.kept()).toEqual([]);
}, 30_000);

test('off, nothing is followed', async () => {
  let followed = 0;
  const counting: Docker = {
    ...docker,
    follow: (...ask) => {
      followed += 1;
      return docker.follow(...ask);
    },
  };
  await using watching = await watch({ EDGE_SUPPORT_COLLECT_ON_FAILURE: 'false' }, counting);
  watching.changed();
  await delay(100);
  expect([followed, watching.record()]).toEqual([0, undefined]);
});
