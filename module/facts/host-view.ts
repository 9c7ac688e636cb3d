import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type HostView, type KnownDevice, Unavailable, type World } from './fact.ts';

/** The view of the host's files. Throws Unavailable `host-access-off` where there is none. */
export function hostView({ host }: World): HostView {
  if (host) return host;
  throw new Unavailable('host-access-off', "The host's files can only be seen from a helper container.");
}

/** Where a file of the device is to be read. Throws Unavailable `mount-missing` when it could not be bound. */
export function hostPath(view: HostView, path: string): string {
  const missing = view.missing.find((one) => path === one || path.startsWith(`${one}/`));
  if (missing !== undefined) throw new Unavailable('mount-missing', `The host has no ${missing}.`);
  return join(view.root, path);
}

/** The text of a file of the device; undefined when there is no such file, bound or not. Other errors are thrown. */
export async function hostText(view: HostView, path: string, signal: AbortSignal): Promise<string | undefined> {
  if (view.missing.some((one) => path === one || path.startsWith(`${one}/`))) return undefined;
  try {
    return await readFile(join(view.root, path), { encoding: 'utf8', signal });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What the view's mounts were decided by; the folders that IoT Edge and the engine use unless told otherwise. */
export function deviceOf({ device }: HostView): KnownDevice {
  const usual = { engineRoot: '/var/lib/docker', storageFolders: [], managementSocket: '/var/run/iotedge/mgmt.sock' };
  return device ?? usual;
}
