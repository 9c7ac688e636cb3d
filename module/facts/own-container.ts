import { readFile } from 'node:fs/promises';
import { SupportError } from '../base/errors.ts';
import type { ContainerInspect, Docker } from '../docker/docker.ts';

/** The container with this name or id; undefined when the engine has none. */
export async function inspected(
  docker: Docker,
  name: string,
  signal: AbortSignal,
): Promise<ContainerInspect | undefined> {
  try {
    return await docker.inspect(name, signal);
  } catch (error) {
    if (error instanceof SupportError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/**
 * The container that this process runs in; undefined for a process that runs beside the engine's containers. The kernel
 * tells it: a container with the module's name may be another, for instance on a developer's machine.
 */
export async function ownContainer(docker: Docker, signal: AbortSignal): Promise<ContainerInspect | undefined> {
  const id = containerIdIn(await readFile('/proc/self/mountinfo', { encoding: 'utf8', signal }).catch(() => ''));
  return id === undefined ? undefined : inspected(docker, id, signal);
}

/**
 * The container's id in proc(5) `/proc/self/mountinfo`: engines bind a file of the container's own folder as
 * /etc/hostname, `…/containers/<id>/hostname`. On the host itself other files of such folders may be mounted.
 */
export function containerIdIn(mountinfo: string): string | undefined {
  for (const line of mountinfo.split('\n')) {
    // Mount id, parent's id, device, folder in the file system, where it is mounted.
    const [, , , folder = '', target] = line.split(' ');
    const id = /\/([0-9a-f]{64})(?:\/userdata)?\/hostname$/.exec(folder)?.[1];
    if (target === '/etc/hostname' && id !== undefined) return id;
  }
  return undefined;
}
