import { createHash } from 'node:crypto';
import { access, chmod, chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Docker, HelperSpec } from '../../module/docker/docker.ts';
import { createEngine } from '../../module/docker/engine.ts';
import { removeContents } from '../../sim/engine/labelled.ts';
import { type Engine, ownerLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { waitFor } from '../../sim/wait.ts';
import { testEngine } from '../support/local-edge.ts';
import { type Rules, startSocketProxy } from '../support/socket-proxy.ts';

let engine: Engine;
let docker: Docker;
let image: string;
let folder: string;
beforeAll(async () => {
  engine = testEngine();
  docker = createEngine(engine.dockerHost);
  image = await buildWorkloadImage(engine.docker);
  folder = await mkdtemp(join(tmpdir(), 'edge-support-helper-'));
}, 60_000);
afterEach(async () => {
  expect(await helpers()).toEqual([]);
});
afterAll(async () => {
  await removeContents(engine.docker, 'edge-support.helper');
  await rm(folder, { recursive: true, force: true });
});

const soonRunning = { limitMs: 10_000, everyMs: 20 };
const soon = () => AbortSignal.timeout(20_000);
const helpers = () =>
  engine.docker.listContainers({ all: true, filters: JSON.stringify({ label: ['edge-support.helper'] }) });
const script = (text: string, more: Partial<HelperSpec> = {}): HelperSpec => {
  const command = ['sh', '-c', text];
  return { image, command, network: 'none', mounts: [], asRoot: false, owner: 'test', ...more };
};
const run = (text: string, more?: Partial<HelperSpec>, input = '') =>
  docker.helper(script(text, more), () => input, soon());

test('what goes in by stdin comes out of stdout, and the exit code with it', async () => {
  const large = 'x'.repeat(1_000_000);
  expect(await run('wc -c; cat; echo no good >&2; exit 3', {}, large)).toEqual({
    exitCode: 3,
    stdout: '1000000\n',
    stderr: 'no good\n',
    missing: [],
  });
});

const stream = async (text: string, more?: Partial<HelperSpec>, input = '') => {
  const sum = createHash('sha256');
  let bytes = 0;
  for await (const part of docker.helperStream(script(text, more), () => input, soon())) {
    sum.update(part);
    bytes += part.length;
  }
  return { bytes, sha256: sum.digest('hex') };
};

test('a stream of any size comes whole, as it was written', async () => {
  const text = 'read line; i=0; while [ $i -lt 300000 ]; do echo "$line $i"; i=$((i+1)); done; echo words >&2';
  const expected = createHash('sha256');
  for (let i = 0; i < 300_000; i++) expected.update(`line ${i}\n`);
  expect(await stream(text, {}, 'line\n')).toEqual({ bytes: 3_488_890, sha256: expected.digest('hex') });
  expect(await stream('true')).toMatchObject({ bytes: 0 });
});

test('a stream that ends with an error rejects with the last line of stderr, after what came', async () => {
  const parts: string[] = [];
  const read = async () => {
    for await (const part of docker.helperStream(
      script('echo one; echo no >&2; echo why >&2; exit 1'),
      () => '',
      soon(),
    ))
      parts.push(part.toString());
  };
  await expect(read()).rejects.toThrow('The helper container ended with status 1: why');
  expect(parts.join('')).toBe('one\n');
});

test('a stream that is given up, or whose reader is slow, leaves no container', async () => {
  const endless = script('while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done');
  for await (const part of docker.helperStream(endless, () => '', soon())) {
    expect(part.length).toBeGreaterThan(0);
    await sleep(200);
    break;
  }
  expect(await helpers()).toEqual([]);
  const read = async () => {
    for await (const _ of docker.helperStream(script('sleep 60'), () => '', AbortSignal.timeout(1500)));
  };
  await expect(read()).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('the host’s processes are seen by one that is to see them, and by no other', async () => {
  const count = async (hostProcesses: boolean) =>
    Number((await run('ls /proc | grep -c "^[0-9]"', { hostProcesses })).stdout);
  expect(await count(false)).toBeLessThan(8);
  expect(await count(true)).toBeGreaterThan(8);
});

test('one that does not read its stdin, and one that is at its end at once, have their exit code', async () => {
  for (let round = 0; round < 5; round++) {
    expect(await run('exit 7', {}, 'x'.repeat(1_000_000))).toMatchObject({ exitCode: 7, stdout: '' });
  }
});

test('mounts that the engine refuses are named and left out, whatever the reason, and none is made', async () => {
  await writeFile(join(folder, 'file'), 'text');
  const paths = ['gone', 'file/below', 'gone/deeper', 'file'].map((name) => join(folder, name));
  const mounts = paths.map((source, at) => ({ source, target: `/host/${at}` }));
  const output = await docker.helper(script('cat; cat /host/3', { mounts }), (missing) => `${missing}\n`, soon());
  expect(output.missing).toEqual(paths.slice(0, 3));
  expect(output.stdout).toBe(`${paths.slice(0, 3)}\ntext`);
  await expect(access(join(folder, 'gone'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('files of others are read by one that is root, and are read-only for it as is its own root', async () => {
  const secret = join(folder, 'of-another');
  await mkdir(secret, { recursive: true });
  await writeFile(join(secret, 'config.toml'), 'reachable');
  await chmod(join(secret, 'config.toml'), 0o600);
  await chown(join(secret, 'config.toml'), 1234, 1234);
  const mounts = [{ source: secret, target: '/host/secret' }];
  const text =
    'cat /host/secret/config.toml; echo y > /host/secret/config.toml; touch /x; id -u; grep Cap /proc/self/status';
  const asRoot = await run(text, { mounts, asRoot: true });
  expect(asRoot.stdout).toMatch(/^reachable0\n/);
  expect(asRoot.stderr.match(/Read-only file system/g)).toHaveLength(2);
  // CAP_DAC_OVERRIDE is bit 1; neither is there a way to more.
  expect(asRoot.stdout).toMatch(/CapPrm:\t0000000000000002\nCapEff:\t0000000000000002\nCapBnd:\t0000000000000002/);
  const asNobody = await run(text, { mounts });
  expect(asNobody.stdout).toMatch(/^65534\n/);
  expect(asNobody.stdout).toMatch(/CapPrm:\t0{16}\nCapEff:\t0{16}\nCapBnd:\t0{16}/);
  expect(asNobody.stderr).toContain('Permission denied');
});

test('its configuration has limits, not what went in, and no label of IoT Edge', async () => {
  const running = run('cat > /dev/null; sleep 1; echo done', { network: 'bridge' }, 'proxy-password-7');
  const isRunning = async () => {
    const list = await helpers();
    return list[0]?.State === 'running' ? list : undefined;
  };
  const [found] = await waitFor('it to run', isRunning, soonRunning);
  const inspect = await engine.docker.getContainer(found?.Id ?? '').inspect();
  expect((await running).stdout).toBe('done\n');
  expect(inspect.Config.Labels).toMatchObject({ 'edge-support.helper': 'test' });
  expect(inspect.Config.Labels).not.toHaveProperty([ownerLabel]);
  expect(inspect.HostConfig).toMatchObject({
    AutoRemove: true,
    RestartPolicy: { Name: '' },
    NetworkMode: 'bridge',
    Memory: 128 << 20,
    PidsLimit: 64,
    ReadonlyRootfs: true,
    Privileged: false,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges', 'label=disable'],
    LogConfig: { Type: 'none' },
  });
  expect(JSON.stringify(inspect)).not.toContain('proxy-password-7');
});

test('one that does not end is killed and removed when its time is over', async () => {
  const started = performance.now();
  const asked = docker.helper(script('trap "" TERM; sleep 60'), () => '', AbortSignal.timeout(1000));
  await expect(asked).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(performance.now() - started).toBeLessThan(5000);
});

test('given up at any moment, also while it is created, it leaves nothing behind', async () => {
  for (const ms of [0, 2, 5, 10, 20, 40, 80, 160, 320]) {
    await docker.helper(script('sleep 60'), () => '', AbortSignal.timeout(ms)).catch(() => undefined);
    expect(await helpers()).toEqual([]);
  }
});

test('one that writes without end is ended at 4 MB', async () => {
  const started = performance.now();
  await expect(run('yes')).rejects.toMatchObject({
    code: 'too-large',
    message: 'A helper container wrote more than 4 MB.',
  });
  expect(performance.now() - started).toBeLessThan(10_000);
});

test('an image that is not there is named, not pulled', async () => {
  await expect(run('true', { image: 'sha256:'.padEnd(71, '0') })).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringMatching(/^helper container: No such image: sha256:0/),
  });
});

test('what a crash left is removed by its owner, not what runs and not what is of another', async () => {
  const make = async (owner: string) =>
    engine.docker.createContainer({
      Image: image,
      Cmd: ['sh', '-c', 'trap "" TERM; sleep 60'],
      Labels: { 'edge-support.helper': owner },
    });
  const [created, started, foreign] = [await make('test'), await make('test'), await make('another')];
  await started.start();
  const running = run('sleep 1; echo done');
  await waitFor('it to run', async () => ((await helpers()).length === 4 ? true : undefined), soonRunning);
  await sleep(100);
  expect(await docker.removeHelpers('test', 300, soon())).toBe(0);
  expect(await docker.removeHelpers('test', 0, soon())).toBe(2);
  expect((await running).stdout).toBe('done\n');
  for (const left of [created, started]) await expect(left.inspect()).rejects.toMatchObject({ statusCode: 404 });
  expect((await helpers()).map(({ Id }) => Id)).toEqual([foreign.id]);
  await foreign.remove();
});

describe('through a proxy', () => {
  const behind = async (rules: Rules, use: (own: Docker, asked: () => Promise<readonly string[]>) => Promise<void>) => {
    const socket = engine.dockerHost.slice('unix://'.length);
    const proxy = await startSocketProxy(socket, { path: join(folder, 'proxy.sock') });
    proxy.rules = rules;
    try {
      await use(createEngine(proxy.dockerHost), proxy.asked);
    } finally {
      await proxy.stop();
    }
  };

  test('it is as without one, ten times over', async () => {
    await behind(
      () => true,
      async (own) => {
        for (let i = 0; i < 10; i += 1) {
          expect(await own.helper(script('cat'), () => `words ${i}`, soon())).toMatchObject({ stdout: `words ${i}` });
        }
      },
    );
  });

  test('one that may not be created is not asked to be removed', async () => {
    await behind(
      (method) => method === 'GET',
      async (own, asked) => {
        await expect(own.helper(script('cat'), () => '', soon())).rejects.toMatchObject({
          code: 'forbidden',
          message: expect.stringContaining('forbids "POST /containers/create"'),
        });
        expect(await asked()).toEqual(['POST /containers/create']);
      },
    );
  });

  test('where they may be created, but neither be used nor removed, one is left and no more', async () => {
    await behind(
      (method, path) => method === 'GET' || path === '/containers/create',
      async (own) => {
        const messages: string[] = [];
        for (let i = 0; i < 3; i += 1) {
          const failed = own.helper(script('cat'), () => '', soon());
          await failed.catch((error: unknown) => messages.push((error as Error).message));
        }
        expect(messages).toEqual([
          expect.stringContaining('forbids "POST /containers/{id}/attach"'),
          expect.stringContaining('forbids "DELETE /containers/{id}"'),
          expect.stringContaining('forbids "DELETE /containers/{id}"'),
        ]);
        const left = await helpers();
        expect(left).toHaveLength(1);
        for (const { Id } of left) await engine.docker.getContainer(Id).remove();
      },
    );
  });
});
