import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { build } from 'esbuild';
import { udpServer } from './facts/support/servers.ts';

const program = join(import.meta.dirname, '../module/probe.ts');

/** Runs the program of helper containers with this on stdin. */
function probe(input: string): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [program], (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}

/** A whole answer ends with a zero byte. */
const readings = (stdout: string) => {
  expect(stdout.endsWith('\0')).toBe(true);
  return JSON.parse(stdout.slice(0, -1)) as object;
};
const env = { iothubHostname: '127.0.0.1', deviceId: 'device-1', moduleId: 'edgeSupport' };
const request = { names: ['environment', 'engineInfo', 'ofAnother'], env, targets: {}, limitMs: 5000 };

test('facts are read where it runs; there is no engine, and names of another version are left out', async () => {
  const { code, stdout, stderr } = await probe(JSON.stringify(request));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(readings(stdout)).toEqual({
    environment: { value: expect.objectContaining({ deviceId: 'device-1' }), tookMs: expect.any(Number) },
    engineInfo: expect.objectContaining({ unavailable: 'docker-unavailable' }),
  });
});

test('a fact that hangs ends within the limit, and the others are told', async () => {
  await using silent = await udpServer(() => undefined);
  const targets = { ntpServer: `127.0.0.1:${silent.port}` };
  const slow = { ...request, names: ['environment', 'clock'], targets, limitMs: 1000 };
  const started = performance.now();
  const { code, stdout } = await probe(JSON.stringify(slow));
  expect(performance.now() - started).toBeLessThan(3000);
  expect({ code, names: Object.keys(readings(stdout)) }).toEqual({
    code: 0,
    names: ['environment', 'clock'],
  });
});

test('a request that cannot be read is one sentence on stderr, and is not quoted', async () => {
  for (const input of ['', '{"targets":{"proxy":{"url":"http://edge:hunter2@proxy"', 'hunter2'.repeat(1_000_000)]) {
    const { code, stdout, stderr } = await probe(input);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^The request is (not JSON|too large)\.\n$/);
  }
});

test('it ends when the module that asked is gone', async () => {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'ignore'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.stdin.write('{"names":[');
  child.stdin.destroy();
  expect(await ended).toBe(1);
});

test('its bundle is small: no client of the cloud, the engine or schemas is in it', async () => {
  const { metafile, outputFiles } = await build({
    entryPoints: [program],
    bundle: true,
    platform: 'node',
    format: 'esm',
    minify: true,
    write: false,
    metafile: true,
  });
  const packages = Object.keys(metafile.inputs).flatMap(
    (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
  );
  expect([...new Set(packages)]).toEqual(['smol-toml']);
  expect(outputFiles[0]?.contents.length).toBeLessThan(150_000);
});
