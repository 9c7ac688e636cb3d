import { randomBytes } from 'node:crypto';
import type Dockerode from 'dockerode';
import { messageOf } from '../base/errors.ts';
import { within } from '../base/time.ts';
import type { Docker, HelperOutput, HelperSpec } from './docker.ts';
import { engineFault } from './faults.ts';
import { containerOptions, helperLabel, refusedSource } from './helper-container.ts';
import { gather } from './helper-output.ts';

/** How long the engine may take to create or to remove one; milliseconds. */
const orderMs = 10_000;

/** The engine's verbs for helper containers; see Docker. */
export function createHelpers(docker: Dockerode, address: string): Pick<Docker, 'helper' | 'removeHelpers'> {
  // Of these none is left behind, whatever the clock says of their age.
  const running = new Set<string>();
  return {
    async helper(spec, input, signal) {
      const name = `edge-support-helper-${randomBytes(6).toString('hex')}`;
      running.add(name);
      try {
        signal.throwIfAborted();
        return await runHelper(docker, name, spec, input, signal);
      } catch (error) {
        throw engineFault('helper container', address, error, signal);
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
        const gone = await Promise.all(left.map(({ Id }) => remove(docker, Id)));
        return gone.filter(Boolean).length;
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
async function runHelper(
  docker: Dockerode,
  name: string,
  spec: HelperSpec,
  input: (missing: readonly string[]) => string,
  signal: AbortSignal,
): Promise<HelperOutput> {
  const missing: string[] = [];
  const creating = create(docker, spec, name, missing, signal);
  let stream: NodeJS.ReadWriteStream | undefined;
  try {
    const container = await within(orderMs, 'Creating a helper container', () => creating, signal);
    const options = { stream: true, hijack: true, stdin: true, stdout: true, stderr: true, abortSignal: signal };
    stream = await container.attach(options);
    const output = gather(stream, signal);
    // Asked before the start: afterwards the container may be gone already.
    const exit = container.wait({ condition: 'next-exit', abortSignal: signal }) as Promise<{ StatusCode: number }>;
    exit.catch(() => undefined);
    await container.start({ abortSignal: signal });
    stream.end(input(missing));
    const { stdout, stderr, whole } = await output;
    const exitCode = whole ? 0 : (await exit).StatusCode;
    return { exitCode, stdout, stderr, missing };
  } finally {
    (stream as { destroy?: () => void } | undefined)?.destroy?.();
    // What the engine still makes after its run was given up must go as well.
    await creating.catch(() => undefined);
    await remove(docker, name);
  }
}

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
      return await docker.createContainer(options);
    } catch (error) {
      const refused = refusedSource(messageOf(error), sources);
      if (refused === undefined) throw error;
      missing.push(refused);
    }
  }
}

/** Whether it is gone now: removed by us, or by the engine, which may be about to. */
async function remove(docker: Dockerode, id: string): Promise<boolean> {
  const container = docker.getContainer(id);
  const order = async (abortSignal: AbortSignal) => {
    try {
      await container.remove({ force: true, v: true, abortSignal });
    } catch (error) {
      const { statusCode } = error as { readonly statusCode?: number };
      // 409: its removal is under way.
      if (statusCode === 409) await container.wait({ condition: 'removed', abortSignal }).catch(onlyGone);
      else onlyGone(error);
    }
  };
  return within(orderMs, 'Removing a helper container', order).then(
    () => true,
    () => false,
  );
}

function onlyGone(error: unknown): void {
  if ((error as { readonly statusCode?: number }).statusCode !== 404) throw error;
}
