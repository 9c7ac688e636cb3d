/**
 * Makes the images of module.json with the docker command, and names them as the IoT Edge tools do, `repository:version-
 * platform`: `npm run image -- [--platform amd64]... [--tag VERSION] [--env .env] [--push]`. By default all platforms, and
 * the version of module.json. Without a registry in `.env` or the environment they are images of this machine only.
 */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { readEnvFile } from './manifest/env-file.ts';
import { imageName } from './manifest/placeholders.ts';

const exec = promisify(execFile);
const top = join(import.meta.dirname, '..');

interface ModuleFile {
  readonly image: {
    readonly tag: { readonly version: string; readonly platforms: Readonly<Record<string, string>> };
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      platform: { type: 'string', multiple: true },
      tag: { type: 'string' },
      env: { type: 'string', default: '.env' },
      push: { type: 'boolean', default: false },
    },
  });
  const { tag } = (JSON.parse(await readFile(join(top, 'module.json'), 'utf8')) as ModuleFile).image;
  const version = values.tag ?? tag.version;
  if (!/^\w[\w.-]{0,100}$/.test(version)) throw new Error(`--tag must be a version, such as ${tag.version}.`);
  const given = { ...(await readEnvFile(values.env)), ...process.env };
  // As .env.template has it, an empty one is none.
  const registry = given['CONTAINER_REGISTRY_SERVER'] || (values.push ? undefined : 'localhost');
  const variables = { ...given, CONTAINER_REGISTRY_SERVER: registry };
  const wanted = values.platform ?? Object.keys(tag.platforms);
  // All names first: a platform that is misspelt is told before anything is made.
  const images = wanted.map((platform) => ({
    file: tag.platforms[platform] ?? '',
    name: imageName(top, { variables, platform, version }),
  }));
  await engineAnswers();
  const revision = await gitRevision();
  for (const { file, name } of images) {
    console.log(`Making ${name} …`);
    const labels = ['--build-arg', `VERSION=${version}`, '--build-arg', `REVISION=${revision}`];
    await docker('build', '--file', join(top, file), ...labels, '--tag', name, top);
  }
  if (values.push) for (const { name } of images) await docker('push', name);
  for (const { name } of images) console.log(`${values.push ? 'Pushed' : 'Made'} ${name}`);
}

/** Runs the docker command, whose own output is seen. */
async function docker(...args: string[]): Promise<void> {
  const child = spawn('docker', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code, signal] = await once(child, 'close');
  if (code !== 0) throw new Error(`docker ${args[0]} ended with ${signal ?? `status ${code}`}; see above.`);
}

async function engineAnswers(): Promise<void> {
  const asked = exec('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 20_000 });
  await asked.catch((error: NodeJS.ErrnoException & { readonly stderr?: string }) => {
    if (error.code === 'ENOENT')
      throw new Error('The docker command is needed to make images, and it is not installed.');
    const why = error.stderr?.trim().split('\n').at(-1);
    throw new Error(`A Docker engine is needed to make images, and none answers${why ? `: ${why}` : ' within 20 s.'}`);
  });
}

/** The commit that this is made of, with `-dirty` when something was changed since; `unknown` outside of a repository. */
async function gitRevision(): Promise<string> {
  const described = exec('git', ['describe', '--always', '--dirty', '--exclude=*', '--abbrev=40'], { cwd: top });
  return described.then(
    ({ stdout }) => stdout.trim(),
    () => 'unknown',
  );
}

main().catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
