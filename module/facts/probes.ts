import { hostname } from 'node:os';
import { getCACertificates } from 'node:tls';
import { SupportError } from '../base/errors.ts';
import type { Settings } from '../config/settings.ts';
import type { ContainerInspect } from '../docker/docker.ts';
import { environmentValue } from './edge-containers.ts';
import {
  type HostView,
  type KnownDevice,
  type Place,
  type Probes,
  type Reading,
  type Targets,
  targetsOf,
  Unavailable,
  type World,
} from './fact.ts';
import { readTrust } from './trust.ts';
import { findProxy } from './upstream.ts';

/** What a helper container is asked, as JSON on its stdin. */
export interface ProbeRequest {
  readonly names: readonly string[];
  readonly env: World['env'];
  readonly targets: Partial<Targets>;
  readonly host?: HostView;
  /** For one fact; milliseconds. */
  readonly limitMs: number;
}

/** Where the host's files are seen inside. */
const root = '/host';

/** Kept back of a limit for starting and removing the container; milliseconds. */
const reserveMs = 2500;

const command = ['node', '--max-semi-space-size=1', '/app/probe.mjs'];

/** Helper containers of this module's own image. `mounts` gives the device paths that a fact reads on the host. */
export function createProbes(
  world: World,
  settings: () => Settings,
  mounts: (names: readonly string[], device: KnownDevice) => readonly string[],
): Probes {
  const { docker, env } = world;
  const read = async (place: Place, names: readonly string[], limitMs: number, signal: AbortSignal) => {
    if (!settings().hostAccess) {
      throw new Unavailable('host-access-off', 'The policy hostAccess forbids helper containers.');
    }
    const own = await ownContainer(world, signal);
    const image = own?.Image ?? settings().probeImage;
    if (image === '') {
      const why =
        'This module does not run in a container: set EDGE_SUPPORT_PROBE_IMAGE to the image of helper containers.';
      throw new Unavailable('not-supported', why);
    }
    await docker.removeHelpers(env.moduleId, world.now(), signal);
    const { hostRoot } = settings();
    const device = place === 'host' ? await knownDevice(world, hostRoot, signal) : undefined;
    const binds = device ? bindsOf(mounts(names, device), device, hostRoot) : [];
    const targets = await passOn(world, place, limitMs * 0.2, signal);
    const input = (missing: readonly string[]) => {
      const absent = binds.filter(({ source }) => missing.includes(source)).map(({ path }) => path);
      const request: ProbeRequest = {
        names,
        env,
        targets,
        ...(device ? { host: { root, origin: hostRoot, missing: absent, device } } : {}),
        limitMs: Math.max(1000, limitMs - reserveMs),
      };
      return JSON.stringify(request);
    };
    const spec = { image, command, network: place, mounts: binds, asRoot: place === 'host', owner: env.moduleId };
    const { exitCode, stdout, stderr } = await docker.helper(spec, input, signal);
    if (exitCode === 0) return JSON.parse(stdout) as Readonly<Record<string, Reading<unknown>>>;
    throw new SupportError('unavailable', `The helper container ended with status ${exitCode}: ${stderr.slice(-300)}`);
  };
  return { read };
}

/** Our own container: the one with our name whose host name is ours; undefined for a process outside of containers. */
async function ownContainer({ docker, env }: World, signal: AbortSignal): Promise<ContainerInspect | undefined> {
  try {
    const found = await docker.inspect(env.moduleId, signal);
    return found.Config.Hostname === hostname() ? found : undefined;
  } catch (error) {
    if (error instanceof SupportError && error.code === 'not-found') return undefined;
    throw error;
  }
}

/** What the engine and the containers of the runtime tell of the host's folders; paths without `hostRoot` before them. */
async function knownDevice({ docker }: World, hostRoot: string, signal: AbortSignal): Promise<KnownDevice> {
  const plain = (path: string) =>
    hostRoot !== '' && path.startsWith(`${hostRoot}/`) ? path.slice(hostRoot.length) : path;
  const { dockerRootDir } = await docker.info(signal);
  const storageFolders: string[] = [];
  let managementSocket: string | undefined;
  for (const name of ['edgeAgent', 'edgeHub']) {
    const inspect = await docker.inspect(name, signal).catch((error: unknown) => {
      if (error instanceof SupportError && error.code === 'not-found') return undefined;
      throw error;
    });
    const mounts = inspect?.Mounts ?? [];
    const folder = environmentValue(inspect?.Config.Env ?? [], 'storagefolder');
    for (const { Source, Destination } of mounts) {
      if (/^\/(var\/)?run\/iotedge\/mgmt\.sock$/.test(Destination)) managementSocket = plain(Source);
      else if (folder !== undefined && `${folder}/`.startsWith(`${Destination}/`)) storageFolders.push(plain(Source));
    }
  }
  return { engineRoot: plain(dockerRootDir), storageFolders, ...(managementSocket ? { managementSocket } : {}) };
}

/** The binds for device paths. What the engine itself named lies where it says, unless it is below `hostRoot`. */
function bindsOf(paths: readonly string[], device: KnownDevice, hostRoot: string) {
  const told = [device.engineRoot];
  return [...new Set(paths)].map((path) => {
    const real = told.some((one) => path === one || path.startsWith(`${one}/`));
    return { path, source: real ? path : `${hostRoot}${path}`, target: `${root}${path}` };
  });
}

/** The targets with what only this process knows: the proxy, and beside the host the certificates to trust. */
async function passOn(world: World, place: Place, limitMs: number, signal: AbortSignal): Promise<Partial<Targets>> {
  const { parentHostname, iothubHostname } = world.env;
  const { targets = {} } = world;
  const proxy = await findProxy(
    world,
    parentHostname ?? targets.iothubHostname ?? iothubHostname,
    targetsOf(world).ports.https,
    limitMs,
    signal,
  );
  const settings = proxy ? { proxy: { url: proxy.proxy.url.href, noProxy: '', from: proxy.from } } : {};
  if (place === 'host') return { ...targets, ...settings };
  const { store, from } = await readTrust(world, limitMs, signal);
  const extra = getCACertificates('extra').length > 0 ? { from, ca: getCACertificates('default') } : undefined;
  const trust = store ?? extra;
  return { ...targets, ...settings, ...(trust ? { trust } : {}) };
}
