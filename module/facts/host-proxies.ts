import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../base/errors.ts';
import { type Fact, type HostView, Unavailable } from './fact.ts';
import { hostText, hostView } from './host-view.ts';
import { showProxy } from './proxy.ts';
import { parseEnvironmentFile, parseUnits } from './systemd-unit.ts';

/** The services whose proxy matters, by the names of their units. */
export const proxyServices = ['aziot-edged', 'aziot-identityd', 'docker'] as const;

/** The variable `https_proxy`, in any case, that systemd gives each service. */
export type HostProxiesReading = { readonly [S in (typeof proxyServices)[number]]: ServiceProxy };

export interface ServiceProxy {
  /** Whether a unit or a drop-in of it was found. */
  readonly found: boolean;
  /** Scheme, host and port, without user and password. */
  readonly httpsProxy?: string;
  /** What could not be looked into, with the reason: `/opt/proxy.env (not bound)`. */
  readonly notSeen: readonly string[];
}

/** Where systemd looks for units, the most important first. */
const folders = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'] as const;

/** Environment files that services are often given. */
const commonFiles = ['/etc/environment', '/etc/default/docker'] as const;

export const hostProxies: Fact<HostProxiesReading> = {
  about: "Reading the services' proxy settings",
  from: 'host',
  mounts: () => [...folders, ...commonFiles],
  async read(world, signal) {
    const view = hostView(world);
    if (folders.every((folder) => view.missing.includes(folder))) {
      throw new Unavailable('mount-missing', `The host has none of ${folders.join(', ')}: it does not use systemd.`);
    }
    const read = async (service: string) => [service, await readService(view, `${service}.service`, signal)] as const;
    return Object.fromEntries(await Promise.all(proxyServices.map(read))) as HostProxiesReading;
  },
};

async function readService(view: HostView, unit: string, signal: AbortSignal): Promise<ServiceProxy> {
  const notSeen: string[] = [];
  const text = async (path: string) => {
    try {
      return await hostText(view, path, signal);
    } catch (error) {
      signal.throwIfAborted();
      const { code } = error as NodeJS.ErrnoException;
      notSeen.push(`${path} (${code === undefined ? messageOf(error) : code})`);
      return undefined;
    }
  };
  const main = await firstOf(folders.map((folder) => () => text(`${folder}/${unit}`)));
  const dropIns = await Promise.all((await dropInsOf(view, unit, notSeen)).map(text));
  const texts = [main, ...dropIns].filter((one) => one !== undefined);
  const { variables, files } = parseUnits(texts);
  const all = new Map(variables);
  for (const file of files) {
    const bound = [...folders, ...commonFiles].some((path) => file === path || file.startsWith(`${path}/`));
    const content = bound ? await text(file) : undefined;
    if (!bound) notSeen.push(`${file} (not bound)`);
    for (const [key, value] of parseEnvironmentFile(content ?? '')) all.set(key, value);
  }
  const proxy = all.get('https_proxy') || all.get('HTTPS_PROXY');
  return { found: texts.length > 0, ...(proxy ? { httpsProxy: showProxy(proxy) } : {}), notSeen };
}

async function firstOf<T>(tries: readonly (() => Promise<T | undefined>)[]): Promise<T | undefined> {
  for (const one of tries) {
    const found = await one();
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * The drop-ins of a unit in the order of their names; of two with one name, that in the more important folder. Folders
 * that cannot be read are added to `notSeen`.
 */
async function dropInsOf(view: HostView, unit: string, notSeen: string[]): Promise<readonly string[]> {
  const byName = new Map<string, string>();
  for (const folder of folders) {
    const names = await readdir(join(view.root, folder, `${unit}.d`)).catch(({ code }: NodeJS.ErrnoException) => {
      if (code !== 'ENOENT') notSeen.push(`${folder}/${unit}.d (${code})`);
      return [];
    });
    for (const name of names) {
      if (name.endsWith('.conf') && !byName.has(name)) byName.set(name, `${folder}/${unit}.d/${name}`);
    }
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}
