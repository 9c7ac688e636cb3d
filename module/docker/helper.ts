import { randomBytes } from 'node:crypto';
import { Writable } from 'node:stream';
import type Dockerode from 'dockerode';
import { messageOf, SupportError } from '../base/errors.ts';
import { within } from '../base/time.ts';
import type { HelperOutput, HelperSpec } from './docker.ts';

/** By this label helper containers are found again; its value says whose they are. */
const label = 'edge-support.helper';

/** More output than this is none of a helper's; bytes. */
const largestOutput = 4 << 20;

/** What is left after this is from a run that crashed; seconds. No run takes as long. */
const leftoverSecs = 300;

const removeMs = 10_000;

/**
 * Runs one helper container to its end. Its request goes in by stdin, so that it stands in no configuration; what it
 * says comes out by the attached stream, and is logged nowhere. Whatever happens the container is removed.
 */
export async function runHelper(
  docker: Dockerode,
  spec: HelperSpec,
  input: (missing: readonly string[]) => string,
  signal: AbortSignal,
): Promise<HelperOutput> {
  const name = `edge-support-helper-${randomBytes(6).toString('hex')}`;
  const missing: string[] = [];
  try {
    const container = await create(docker, spec, name, missing, signal);
    const options = { stream: true, hijack: true, stdin: true, stdout: true, stderr: true, abortSignal: signal };
    const stream = await container.attach(options);
    const ended = endOf(stream, signal);
    const [stdout, stderr] = [collector(), collector()];
    docker.modem.demuxStream(stream, stdout.sink, stderr.sink);
    // Asked before the start: afterwards the container may be gone already.
    const exit = container.wait({ condition: 'next-exit', abortSignal: signal }) as Promise<{ StatusCode: number }>;
    exit.catch(() => undefined);
    await container.start({ abortSignal: signal });
    stream.end(input(missing));
    await ended;
    const { StatusCode: exitCode } = await exit;
    return { exitCode, stdout: stdout.text(), stderr: stderr.text(), missing };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SupportError) throw error;
    throw new SupportError('unavailable', `A helper container could not be run: ${messageOf(error)}`, { cause: error });
  } finally {
    await remove(docker, name);
  }
}

/** Resolves when the stream has ended. Listens from the beginning on: an error that nobody hears would end the process. */
function endOf(stream: NodeJS.ReadWriteStream, signal: AbortSignal): Promise<void> {
  const ended = new Promise<void>((resolve, reject) => {
    stream.on('end', resolve);
    stream.on('close', resolve);
    stream.on('error', reject);
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  ended.catch(() => undefined);
  return ended;
}

/** Creates the container; bind mounts whose source is not there are left out and named in `missing`. */
async function create(
  docker: Dockerode,
  spec: HelperSpec,
  name: string,
  missing: string[],
  signal: AbortSignal,
): Promise<Dockerode.Container> {
  for (;;) {
    const mounts = spec.mounts.filter(({ source }) => !missing.includes(source));
    try {
      return await docker.createContainer({ ...options(spec, mounts), name, abortSignal: signal });
    } catch (error) {
      // moby, volume/mounts: `invalid mount config for type "bind": bind source path does not exist: /x`
      const path = /bind source path does not exist: (.+?)\s*$/m.exec(messageOf(error))?.[1];
      if (path === undefined || !mounts.some(({ source }) => source === path)) throw error;
      missing.push(path);
    }
  }
}

function options(spec: HelperSpec, mounts: HelperSpec['mounts']): Dockerode.ContainerCreateOptions {
  return {
    Image: spec.image,
    Entrypoint: [...spec.command],
    Cmd: [],
    Env: [],
    User: spec.asRoot ? '0:0' : '65534:65534',
    WorkingDir: '/',
    Labels: { [label]: spec.owner },
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: spec.network,
      Memory: 128 << 20,
      PidsLimit: 64,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      // Files of the daemons' users are theirs alone, and so is the management socket.
      CapAdd: spec.asRoot ? ['DAC_OVERRIDE'] : [],
      SecurityOpt: ['no-new-privileges', 'label=disable'],
      LogConfig: { Type: 'none', Config: {} },
      Mounts: mounts.map(({ source, target }) => ({ Type: 'bind', Source: source, Target: target, ReadOnly: true })),
    },
  };
}

function collector() {
  const parts: Buffer[] = [];
  let bytes = 0;
  const sink = new Writable({
    write(part: Buffer, _, done) {
      bytes += part.length;
      if (bytes <= largestOutput) parts.push(part);
      done();
    },
  });
  return {
    sink,
    text: () => {
      if (bytes <= largestOutput) return Buffer.concat(parts).toString();
      throw new SupportError('unavailable', `A helper container wrote more than ${largestOutput} bytes.`);
    },
  };
}

/** What is gone already, or is just going, needs no removing. */
async function remove(docker: Dockerode, id: string): Promise<void> {
  const order = (abortSignal: AbortSignal) =>
    docker.getContainer(id).remove({ force: true, v: true, abortSignal }) as Promise<unknown>;
  await within(removeMs, 'Removing a helper container', order).catch(() => undefined);
}

/** Removes helper containers that a crash left behind: those of this owner that are older than any run takes. */
export async function removeLeftovers(
  docker: Dockerode,
  owner: string,
  now: Date,
  signal: AbortSignal,
): Promise<number> {
  const filters = JSON.stringify({ label: [`${label}=${owner}`] });
  const found = await docker.listContainers({ all: true, filters, abortSignal: signal });
  const left = found.filter(({ Created }) => Math.abs(now.getTime() / 1000 - Created) > leftoverSecs);
  for (const { Id } of left) await remove(docker, Id);
  return left.length;
}
