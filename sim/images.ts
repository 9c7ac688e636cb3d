import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readdir, readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { TarArchive } from 'archiver';
import type Docker from 'dockerode';

import { imageLabel } from './engine/labels.ts';

const exec = promisify(execFile);
const searchPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** As module.json names them. */
export type Platform = 'amd64' | 'arm64v8';

const thisPlatform: Platform = process.arch === 'arm64' ? 'arm64v8' : 'amd64';

/** Makes the image of the workload containers from this machine's busybox; nothing is pulled. Returns its name. */
export async function buildWorkloadImage(docker: Docker): Promise<string> {
  const scripts = join(import.meta.dirname, 'workloads');
  const rootfs = await busyboxRoot();
  for (const name of await readdir(scripts))
    rootfs.file(join(scripts, name), { name: `workload/${name}`, mode: 0o644 });
  return importRoot(docker, rootfs, 'edge-support-sim/workload', 'latest', ['CMD ["/bin/sh"]']);
}

/**
 * Builds the module's image with the project's own Dockerfile, by default for this machine's processor. When the engine lacks
 * the base image, a stand-in with the Node that runs us is made under its name, on an engine of our own only.
 * Returns the image's name.
 */
export async function buildModuleImage(
  docker: Docker,
  projectDir: string,
  options: { standIn: boolean; platform?: Platform },
): Promise<string> {
  const platform = options.platform ?? thisPlatform;
  const dockerfile = `Dockerfile.${platform}`;
  const bases = new Set(baseImages(await readFile(join(projectDir, dockerfile), 'utf8')));
  if (bases.size === 0) throw new Error(`${dockerfile} has no FROM line.`);
  for (const base of bases) {
    if (options.standIn && !(await hasBase(docker, base, platform))) await importNodeBase(docker, base, platform);
  }
  const context = new TarArchive();
  const hash = createHash('sha256');
  for (const name of [dockerfile, ...(await contextFiles(projectDir))]) {
    const content = await readFile(join(projectDir, name)).catch(() => {
      throw new Error(`${name} is missing; run \`npm run build\` first.`);
    });
    hash.update(`${name} ${content.length} `).update(content);
    context.append(content, { name, mode: 0o644 });
  }
  const image = platform === thisPlatform ? 'edge-support:sim' : `edge-support:sim-${platform}`;
  // Even when all steps are cached the engine takes a third of a second.
  const made = hash.digest('hex');
  if ((await imageOf(docker, image))?.Config.Labels?.[imageLabel] === made) return image;
  const output = docker.buildImage(sent(context), {
    dockerfile,
    t: image,
    forcerm: true,
    labels: { [imageLabel]: made },
  });
  await finished(docker, await output, `building ${dockerfile}`);
  return image;
}

/** Whether the engine has a base image for the platform; of stand-ins the label tells, as engines before 23 call all theirs. */
async function hasBase(docker: Docker, base: string, platform: Platform): Promise<boolean> {
  const found = await imageOf(docker, base);
  return (
    found !== undefined && [undefined, platform].includes(found.Config.Labels?.[imageLabel] as Platform | undefined)
  );
}

/** The images that a Dockerfile begins its stages with, but for stages of its own. */
function baseImages(dockerfile: string): string[] {
  const stages = [...dockerfile.matchAll(/^FROM (?:--\S+ )?(\S+)(?: AS (\S+))?/gm)];
  const own = new Set(stages.map(([, , name]) => name));
  return stages.flatMap(([, image]) => (image === undefined || own.has(image) ? [] : [image]));
}

/**
 * The build context: of what .dockerignore lets through the built bundle alone. Without the sources there is nothing newer
 * than it, so that it is taken, and no package is asked for.
 */
async function contextFiles(projectDir: string): Promise<string[]> {
  const dist = await readdir(join(projectDir, 'dist')).catch(() => [] as string[]);
  const files = dist.filter((name) => !name.endsWith('.map')).map((name) => `dist/${name}`);
  return files.includes('dist/edge-support.js') ? ['LICENSE', ...files] : ['dist/edge-support.js'];
}

async function importNodeBase(docker: Docker, base: string, platform: Platform): Promise<void> {
  const rootfs = await busyboxRoot();
  if (platform === thisPlatform) {
    rootfs.file(process.execPath, { name: 'usr/local/bin/node', mode: 0o755 });
    await addLibraries(rootfs, process.execPath);
  } else await addForeignNode(rootfs);
  const roots = '/etc/ssl/certs/ca-certificates.crt';
  if (await readable(roots)) rootfs.file(await realpath(roots), { name: roots.slice(1), mode: 0o644 });
  const [repo = '', tag = 'latest'] = base.split(':');
  // As that of the official images.
  rootfs.append('#!/bin/sh\nset -e\nexec "$@"\n', { name: 'usr/local/bin/docker-entrypoint.sh', mode: 0o755 });
  const changes = ['ENTRYPOINT ["docker-entrypoint.sh"]', 'CMD ["node"]'];
  await importRoot(docker, rootfs, repo, tag, changes, platform);
}

/** Node for arm64 with its libraries, as `scripts/setup.mjs arm64` has fetched them. Its shell is of this machine. */
async function addForeignNode(rootfs: TarArchive): Promise<void> {
  const node = join(import.meta.dirname, '../.edge-support/arm64/package/bin/node');
  const libraries = '/usr/aarch64-linux-gnu/lib';
  if (!(await readable(node)) || !(await readable(libraries)))
    throw new Error('Node for arm64 is not there: as root on Debian or Ubuntu run `npm run setup -- arm64`.');
  rootfs.file(node, { name: 'usr/local/bin/node', mode: 0o755 });
  for (const name of (await readdir(libraries)).filter((name) => /\.so\.\d+$/.test(name))) {
    rootfs.file(await realpath(join(libraries, name)), { name: `lib/${name}`, mode: 0o755 });
  }
}

async function busyboxRoot(): Promise<TarArchive> {
  const busybox = await find(['/bin/busybox', '/usr/bin/busybox', '/usr/local/bin/busybox']);
  if (!busybox) throw new Error('busybox was not found; install the package busybox-static.');
  const rootfs = new TarArchive();
  rootfs.file(await realpath(busybox), { name: 'bin/busybox', mode: 0o755 });
  await addLibraries(rootfs, busybox);
  const { stdout } = await exec(busybox, ['--list']);
  for (const applet of stdout.split('\n').filter((name) => name && name !== 'busybox')) {
    rootfs.symlink(`bin/${applet}`, 'busybox', 0o777);
  }
  rootfs.append('root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n', {
    name: 'etc/passwd',
    mode: 0o644,
  });
  rootfs.append('root:x:0:\nnode:x:1000:\n', { name: 'etc/group', mode: 0o644 });
  return rootfs;
}

/** Adds the shared libraries that ldd lists, at the paths where the program looks for them; none for a static one. */
async function addLibraries(rootfs: TarArchive, program: string): Promise<void> {
  const { stdout } = await exec('ldd', [program]).catch(() => ({ stdout: '' }));
  for (const [, path] of stdout.matchAll(/(?:^|\s)(\/\S+) \(0x/g)) {
    if (path) rootfs.file(await realpath(path), { name: path.slice(1), mode: 0o755 });
  }
}

async function importRoot(
  docker: Docker,
  rootfs: TarArchive,
  repo: string,
  tag: string,
  changes: string[],
  mark = 'true',
): Promise<string> {
  const all = [`ENV ${searchPath}`, `LABEL ${imageLabel}=${mark}`, ...changes].join('\n');
  const output = await docker.importImage(sent(rootfs), { repo, tag, changes: all });
  await finished(docker, output, `importing ${repo}`);
  return `${repo}:${tag}`;
}

/** An error while reading the files must end the request, not leave it waiting for the rest of the archive. */
function sent(archive: TarArchive): TarArchive {
  archive.finalize().catch((error: Error) => archive.destroy(error));
  return archive;
}

/** Reads the engine's progress to its end. The engine answers 200 first and reports errors in the stream. */
async function finished(docker: Docker, output: NodeJS.ReadableStream, what: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(output as Readable, (error, events: { error?: string }[]) => {
      const told = error?.message ?? events?.find((event) => event.error)?.error;
      if (told) reject(new Error(`The Docker engine reported an error while ${what}: ${told.trim()}`));
      else resolve();
    });
  });
}

async function imageOf(docker: Docker, name: string): Promise<Docker.ImageInspectInfo | undefined> {
  return docker
    .getImage(name)
    .inspect()
    .catch((error: { statusCode?: number }) => {
      if (error.statusCode === 404) return undefined;
      throw error;
    });
}

async function find(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await readable(path)) return path;
  return undefined;
}

async function readable(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
