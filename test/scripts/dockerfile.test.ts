import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const top = join(import.meta.dirname, '../..');
const dockerfile = readFileSync(join(top, 'Dockerfile.amd64'), 'utf8');

interface Bill {
  readonly components: readonly { readonly group?: string; name: string; version?: string; purl?: string }[];
}

let folder: string;
let source: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dockerfile-'));
  source = join(folder, 'source');
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What .dockerignore lets through, but for dist/. */
function context(): void {
  const lines = readFileSync(join(top, '.dockerignore'), 'utf8').split('\n');
  for (const line of lines.filter((line) => line.startsWith('!') && line !== '!dist/')) {
    cpSync(join(top, line.slice(1)), join(source, line.slice(1)), { recursive: true, preserveTimestamps: true });
  }
}

/** A dist/ that was made `secondsAgo`. */
function bundle(secondsAgo: number): void {
  mkdirSync(join(source, 'dist'), { recursive: true });
  writeFileSync(join(source, 'dist/edge-support.js'), 'made before');
  writeFileSync(join(source, 'dist/edge-support.js.map'), '{}');
  const then = Date.now() / 1000 - secondsAgo;
  utimesSync(join(source, 'dist/edge-support.js'), then, then);
}

/** Runs the build stage's command with an npm that installs what this project has, and returns what that was asked for. */
function buildStage(): string {
  const command = /^RUN ((?:.*\\\n)*.*)$/m.exec(dockerfile)?.[1]?.replaceAll('/image', join(folder, 'image')) ?? '';
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const install = `echo "$@" >> ${folder}/asked; ln -s ${top}/node_modules node_modules`;
  writeFileSync(join(bin, 'npm'), `#!/bin/sh\n${install}\n`, { mode: 0o755 });
  symlinkSync(process.execPath, join(bin, 'node'));
  const env = { PATH: `${bin}:/usr/bin:/bin` };
  execFileSync('sh', ['-c', command], { cwd: source, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
  return existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8').trim() : '';
}

const inImage = (path: string) => join(folder, 'image', path);

test('from a plain clone the build stage makes the bundle, with what .dockerignore lets through', () => {
  context();
  expect(buildStage()).toBe('ci --ignore-scripts --no-audit --no-fund');
  const files = readdirSync(inImage('app'));
  expect(files).toEqual(
    expect.arrayContaining([
      'LICENSE',
      'edge-support.cdx.json',
      'edge-support.js',
      'health.js',
      'licences.txt',
      'probe.mjs',
    ]),
  );
  expect(files.filter((name) => name.endsWith('.map'))).toEqual([]);
  const { components } = JSON.parse(readFileSync(inImage('app/edge-support.cdx.json'), 'utf8')) as Bill;
  const texts = readFileSync(inImage('app/licences.txt'), 'utf8');
  const named = components.filter(({ purl }) => purl !== undefined);
  expect(named.length).toBeGreaterThan(50);
  const without = named
    .map(({ group, name, version }) => `${group === undefined ? '' : `${group}/`}${name} ${version}`)
    .filter((name) => !texts.includes(`${name}\n`));
  expect(without).toEqual([]);
  expect(texts).toContain('Permission is hereby granted, free of charge');
  expect(texts).toContain('Apache License');
  expect(statSync(inImage('data')).mode & 0o7777).toBe(0o1777);
}, 60_000);

test('a bundle that is newer than its sources is taken as it is', () => {
  context();
  bundle(-10);
  expect(buildStage()).toBe('');
  expect(readFileSync(inImage('app/edge-support.js'), 'utf8')).toBe('made before');
  expect(readdirSync(inImage('app'))).toEqual(['LICENSE', 'edge-support.js']);
});

test.each(['module/base/errors.ts', 'package.json'])(
  'one that is older than %s is made anew',
  (file) => {
    context();
    bundle(10);
    writeFileSync(join(source, 'dist/of-an-old-version.js'), '');
    utimesSync(join(source, 'dist/of-an-old-version.js'), 1, 1);
    const now = Date.now() / 1000;
    utimesSync(join(source, file), now, now);
    expect(buildStage()).toMatch(/^ci /);
    expect(readFileSync(inImage('app/edge-support.js'), 'utf8').length).toBeGreaterThan(1e6);
    expect(existsSync(inImage('app/of-an-old-version.js'))).toBe(false);
  },
  60_000,
);

test('whoever it was made by, every user may read it', () => {
  context();
  bundle(-10);
  chmodSync(join(source, 'dist/edge-support.js'), 0o600);
  chmodSync(join(source, 'LICENSE'), 0o600);
  chmodSync(join(source, 'dist'), 0o700);
  buildStage();
  const modes = ['app', 'app/edge-support.js', 'app/LICENSE'].map((path) => statSync(inImage(path)).mode & 0o777);
  expect(modes.map((mode) => mode.toString(8))).toEqual(['755', '644', '644']);
});

test('both images are made in the same way, each on the base for its processor', () => {
  const arm64 = readFileSync(join(top, 'Dockerfile.arm64v8'), 'utf8');
  expect(arm64).toContain('\nFROM --platform=linux/arm64 node:');
  // Whatever the processor of the machine that makes it: what is called amd64 must be it.
  expect(arm64.replace('linux/arm64 ', 'linux/amd64 ')).toBe(dockerfile);
  const [, last = ''] = arm64.split('\nFROM --platform');
  // Nothing of the other processor runs while the image is made.
  expect(last).not.toMatch(/^RUN /m);
});
