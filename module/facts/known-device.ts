import type { Docker } from '../docker/docker.ts';
import { environmentValue } from './edge-containers.ts';
import type { KnownDevice } from './fact.ts';
import { inspected } from './own-container.ts';

/** The device as the engine tells it, and where its paths are on the engine's host. */
export interface ToldDevice {
  readonly device: KnownDevice;
  /** Where a path of the device is really, for a bind mount. */
  source(path: string): string;
}

/**
 * What the engine and the containers of the runtime tell of the host's folders. `hostRoot` stands before the device's
 * paths on a simulated host; what the engine itself tells is where it says, and need not lie below it.
 */
export async function readKnownDevice(docker: Docker, hostRoot: string, signal: AbortSignal): Promise<ToldDevice> {
  const [{ dockerRootDir }, agent, hub] = await Promise.all([
    docker.info(signal),
    inspected(docker, 'edgeAgent', signal),
    inspected(docker, 'edgeHub', signal),
  ]);
  const paths = hostPaths(hostRoot);
  const storageFolders: string[] = [];
  let managementSocket: string | undefined;
  for (const inspect of [agent, hub]) {
    const folder = environmentValue(inspect?.Config.Env ?? [], 'storagefolder');
    for (const { Source, Destination } of inspect?.Mounts ?? []) {
      // A tmpfs has no source.
      if (!Source.startsWith('/')) continue;
      if (/^\/(var\/)?run\/iotedge\/mgmt\.sock$/.test(Destination)) managementSocket = paths.told(Source);
      else if (folder !== undefined && `${folder}/`.startsWith(`${Destination}/`)) {
        storageFolders.push(paths.told(Source));
      }
    }
  }
  const engineRoot = paths.told(dockerRootDir);
  const device = { engineRoot, storageFolders, ...(managementSocket === undefined ? {} : { managementSocket }) };
  return { device, source: paths.source };
}

/** Paths of the device on its host: those below `hostRoot` are called as on a device, the others what they are. */
export function hostPaths(hostRoot: string) {
  const elsewhere: string[] = [];
  return {
    /** The device path for a path that the engine told. */
    told(real: string): string {
      if (hostRoot === '') return real;
      if (real.startsWith(`${hostRoot}/`)) return real.slice(hostRoot.length);
      elsewhere.push(real);
      return real;
    },
    /** Where a device path is really. */
    source(path: string): string {
      const real = elsewhere.some((one) => path === one || path.startsWith(`${one}/`));
      return real ? path : `${hostRoot}${path}`;
    },
  };
}
