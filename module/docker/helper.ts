import { randomBytes } from 'node:crypto';
import { addAbortSignal, type Duplex } from 'node:stream';
import type Dockerode from 'dockerode';
import { messageOf, SupportError } from '../base/errors.ts';
import { within } from '../base/time.ts';
import type { Docker, HelperOutput, HelperSpec } from './docker.ts';
import { engineFault, naming } from './faults.ts';
import { containerOptions, helperLabel, refusedSource } from './helper-container.ts';
import { gather, stdoutOf } from './helper-output.ts';
import type { Modem } from './request.ts';

/** How long the engine may take to create or to remove one; milliseconds. */
const orderMs = 10_000;

/** The engine's verbs for helper containers; see Docker. */
export function createHelpers(
  docker: Dockerode,
  address: string,
): Pick<Docker, 'helper' | 'helperStream' | 'removeHelpers'> {
  // Of these none is left behind, whatever the clock says of their age.
  const running = new Set<string>();
  const newName = () => {
    const name = `edge-support-helper-${randomBytes(6).toString('hex')}`;
    running.add(name);
    return name;
  };
  const fault = (error: unknown, signal: AbortSignal) => engineFault('helper container', address, error, signal);
  // Where a proxy lets containers be made, but neither be used nor removed, each further one would be left for good.
  let stuck: unknown;
  const begin = (name: string, spec: HelperSpec, signal: AbortSignal) => {
    signal.throwIfAborted();
    if (stuck !== undefined) throw stuck;
    return start(docker, name, spec, signal, (error) => {
      stuck = error;
    });
  };
  return {
    async helper(spec, input, signal) {
      const name = newName();
      try {
        await using helper = begin(name, spec, signal);
        return await runHelper(helper, input, signal);
      } catch (error) {
        throw fault(error, signal);
      } finally {
        running.delete(name);
      }
    },

    async *helperStream(spec, input, signal) {
      const name = newName();
      try {
        await using helper = begin(name, spec, signal);
        yield* streamHelper(helper, input, signal);
      } catch (error) {
        throw fault(error, signal);
      } finally {
        running.delete(name);
      }
    },

    async removeHelpers(owner, olderThanSecs, signal) {
      const filters = JSON.stringify({ label: [`${helperLabel}=${owner}`] });
      try {
        const found = await docker.listContainers({ all: true, filters, abortSignal: signal });
        const now = Date.now() / 1000;
        // A clock that was set back makes the oldest look as if they were of the future.
        const left = found.filter(
          ({ Names, Created }) =>
            !Names.some((name) => running.has(name.slice(1))) && Math.abs(now - Created) >= olderThanSecs,
        );
        const failures = await Promise.all(left.map(({ Id }) => remove(docker, Id)));
        return failures.filter((failure) => failure === undefined).length;
      } catch (error) {
        throw engineFault('remove helper containers', address, error, signal);
      }
    },
  };
}

/**
 * Runs one helper container to its end, or to the zero byte after its answer. Its request goes in by stdin, so that it
 * stands in no configuration; what it says comes out by the attached stream, and is logged nowhere. Whatever happens the
 * container is removed.
 */
async function runHelper(helper: Helper, input: Input, signal: AbortSignal): Promise<HelperOutput> {
  const { container, stream } = await helper.attached;
  const output = gather(stream, signal);
  const exitCode = await helper.begin(container, stream, input);
  const { stdout, stderr, whole } = await output;
  return { exitCode: whole ? 0 : await exitCode(), stdout, stderr, missing: helper.missing };
}

/** The same, with its stdout as it comes. */
async function* streamHelper(helper: Helper, input: Input, signal: AbortSignal): AsyncGenerator<Buffer> {
  const { container, stream } = await helper.attached;
  addAbortSignal(signal, stream as Duplex);
  const exitCode = await helper.begin(container, stream, input);
  const said = yield* stdoutOf(stream);
  const status = await exitCode();
  if (status !== 0) throw new SupportError('unavailable', endOf(status, said));
}

/** Why a helper container that did not end well did not, in one sentence; `said` is what it wrote to stderr. */
export function endOf(status: number, said: string): string {
  if (status === 137) return 'The helper container was killed (out of memory, or by hand).';
  const last = said.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
  return `The helper container ended with status ${status}${status === 1 && last !== '' ? `: ${last}` : '.'}`;
}

interface Begun {
  readonly container: Dockerode.Container;
  readonly stream: NodeJS.ReadWriteStream;
}

type Helper = ReturnType<typeof start>;

/**
 * A helper container that is created and attached to; it is gone when the block that has it ends. `onLeft` is told why one
 * that was never started may not be removed: one that was goes by itself when it ends.
 */
function start(
  docker: Dockerode,
  name: string,
  spec: HelperSpec,
  signal: AbortSignal,
  onLeft: (error: unknown) => void,
) {
  const missing: string[] = [];
  let started = false;
  const creating = create(docker, spec, name, missing, signal);
  let open: NodeJS.ReadWriteStream | undefined;
  const attach = async (): Promise<Begun> => {
    const container = await within(orderMs, 'Creating a helper container', () => creating, signal);
    open = await naming('POST /containers/{id}/attach', attachTo(docker, container.id, signal));
    return { container, stream: open };
  };
  return {
    missing,
    attached: attach(),
    /** Starts it and hands its request in; resolves with what tells, later, the status with which it ends. */
    async begin(container: Dockerode.Container, stream: NodeJS.ReadWriteStream, input: Input) {
      // Asked before the start: afterwards the container may be gone already.
      const waiting = container.wait({ condition: 'next-exit', abortSignal: signal });
      const exit = naming('POST /containers/{id}/wait', waiting as Promise<{ StatusCode: number }>);
      exit.catch(() => undefined);
      await naming('POST /containers/{id}/start', container.start({ abortSignal: signal }));
      started = true;
      stream.end(input(missing));
      return async () => (await exit).StatusCode;
    },
    async [Symbol.asyncDispose]() {
      (open as { destroy?: () => void } | undefined)?.destroy?.();
      // What the engine still makes after its run was given up must go as well.
      if (!(await creating.then(isMade, mayBeMade))) return;
      const left = await remove(docker, name);
      if (!started && isRefusal(left)) onLeft(left);
    },
  };
}

const isMade = () => true;

/** Unless the engine, or a proxy in front of it, has answered that it is not. */
const mayBeMade = (error: unknown) => !isRefusal(error);

const isRefusal = (error: unknown) => {
  const { statusCode = 0 } = (error ?? {}) as { readonly statusCode?: number };
  return statusCode >= 400 && statusCode < 500;
};

/**
 * The streams of a container, both ways. Not dockerode's `attach`: that sends its options as the request's body, too, and
 * where a proxy passes the body on after the head the engine takes it for the beginning of stdin.
 */
function attachTo(docker: Dockerode, id: string, signal: AbortSignal): Promise<NodeJS.ReadWriteStream> {
  const request = {
    path: `/containers/${id}/attach?`,
    method: 'POST',
    options: { stream: true, stdin: true, stdout: true, stderr: true },
    file: Buffer.alloc(0),
    headers: { 'Content-Type': 'text/plain' },
    hijack: true,
    isStream: true,
    statusCodes: {},
    abortSignal: signal,
  };
  const { modem } = docker as unknown as { readonly modem: Modem };
  return new Promise((resolve, reject) => {
    modem.dial(request, (error, stream) => {
      if (error) reject(error);
      else resolve(stream as NodeJS.ReadWriteStream);
    });
  });
}

type Input = (missing: readonly string[]) => string;

/** Creates the container; mounts whose source the engine refuses are left out and named in `missing`. */
async function create(
  docker: Dockerode,
  spec: HelperSpec,
  name: string,
  missing: string[],
  signal: AbortSignal,
): Promise<Dockerode.Container> {
  for (;;) {
    signal.throwIfAborted();
    const mounts = spec.mounts.filter(({ source }) => !missing.includes(source));
    const sources = mounts.map(({ source }) => source);
    try {
      // Not ended by the signal: the engine would go on, and nobody would know when to remove it.
      const options = { ...containerOptions(spec, mounts), name, abortSignal: AbortSignal.timeout(orderMs) };
      return await naming('POST /containers/create', docker.createContainer(options));
    } catch (error) {
      const refused = refusedSource(messageOf(error), sources);
      if (refused === undefined) throw error;
      missing.push(refused);
    }
  }
}

/** Undefined when it is gone now, removed by us or by the engine, which may be about to; otherwise why it is not. */
async function remove(docker: Dockerode, id: string): Promise<unknown> {
  const container = docker.getContainer(id);
  const order = async (abortSignal: AbortSignal) => {
    try {
      await naming('DELETE /containers/{id}', container.remove({ force: true, v: true, abortSignal }));
    } catch (error) {
      const { statusCode } = error as { readonly statusCode?: number };
      // 409: its removal is under way.
      if (statusCode === 409) await container.wait({ condition: 'removed', abortSignal }).catch(onlyGone);
      else onlyGone(error);
    }
  };
  return within(orderMs, 'Removing a helper container', order).then(
    () => undefined,
    (error: unknown) => error,
  );
}

function onlyGone(error: unknown): void {
  if ((error as { readonly statusCode?: number }).statusCode !== 404) throw error;
}
