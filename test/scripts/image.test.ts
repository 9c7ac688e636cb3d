import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const top = join(import.meta.dirname, '../..');
const { version } = (await import('../../package.json', { with: { type: 'json' } })).default;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'image-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** `npm run image` with a docker that says what it was asked, and behaves as this script says. */
function run(args: readonly string[], script: string | null = '', env: Record<string, string> = {}) {
  if (script !== null)
    writeFileSync(join(folder, 'docker'), `#!/bin/sh\necho "docker $@"\n${script}\n`, { mode: 0o755 });
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(top, 'scripts/image.ts'), '--env', join(folder, '.env'), ...args],
    { cwd: folder, env: { PATH: folder, ...env }, encoding: 'utf8', timeout: 15_000 },
  );
  return { lines: stdout.trim().split('\n'), stderr, status };
}

test('makes both images from the top of the project, named as the IoT Edge tools name them, and pushes them when told to', () => {
  writeFileSync(join(folder, '.env'), 'CONTAINER_REGISTRY_SERVER=Registry.example:5000\n');
  const { lines, stderr, status } = run(['--push']);
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const name = (platform: string) => `registry.example:5000/edge-support:${version}-${platform}`;
  const build = (platform: string) =>
    `docker build --file ${top}/Dockerfile.${platform} --build-arg VERSION=${version} --build-arg REVISION=unknown --tag ${name(platform)} ${top}`;
  expect(lines).toEqual([
    `Making ${name('amd64')} …`,
    build('amd64'),
    `Making ${name('arm64v8')} …`,
    build('arm64v8'),
    `docker push ${name('amd64')}`,
    `docker push ${name('arm64v8')}`,
    `Pushed ${name('amd64')}`,
    `Pushed ${name('arm64v8')}`,
  ]);
});

test('makes one of another version for this machine where there is no registry; the commit is in it', () => {
  symlinkSync('/usr/bin/git', join(folder, 'git'));
  const { lines, status } = run(['--platform', 'arm64v8', '--tag', '9.9.9-rc.1']);
  expect(status).toBe(0);
  expect(lines.at(-1)).toBe('Made localhost/edge-support:9.9.9-rc.1-arm64v8');
  expect(lines[1]).toMatch(/ VERSION=9\.9\.9-rc\.1 --build-arg REVISION=([0-9a-f]{40}(-dirty)?|unknown) /);
});

test.each([
  [
    ['--platform', 'arm32v7'],
    '',
    /^The image asks for the platform arm32v7, which \S+ has not; it has amd64, arm64v8\.$/,
  ],
  [
    ['--push'],
    '',
    /^image\.repository in \S+ needs CONTAINER_REGISTRY_SERVER, which is neither in \.env nor in the environment\.$/,
  ],
  [
    ['--push', '--env', join(top, '.env.template')],
    '',
    /^image\.repository in \S+ needs CONTAINER_REGISTRY_SERVER, which is neither in \.env nor in the environment\.$/,
  ],
  [['--tag', 'a b'], '', /^--tag must be a version, such as \d/],
  [[], null, /^The docker command is needed to make images, and it is not installed\.$/],
  [
    [],
    'echo "Cannot connect." >&2; exit 1',
    /^A Docker engine is needed to make images, and none answers: Cannot connect\.$/,
  ],
  [[], '[ "$1" = version ] || exit 3', /^docker build ended with status 3; see above\.$/],
])('%j and a docker that does %j end in one sentence', (args, script, sentence) => {
  const { stderr, status } = run(args, script);
  expect(stderr.trim()).toMatch(sentence);
  expect(status).toBe(1);
});
