import { messageOf } from '../base/errors.ts';
import type { Fact } from './fact.ts';
import { hostText, hostView } from './host-view.ts';
import { showProxy } from './proxy.ts';

/** The engine's configuration file, reduced to what checks judge. Its text stays where it was read. */
export interface HostEngineConfigReading {
  readonly path: string;
  readonly state: 'found' | 'missing' | 'invalid' | 'unreadable';
  /** Why it is invalid or unreadable; without any text of the file. */
  readonly problem?: string;
  readonly dns: readonly string[];
  readonly ipv6?: boolean;
  readonly logDriver?: string;
  readonly maxSize?: string;
  readonly maxFile?: string;
  /** `proxies.https-proxy`, without user and password. */
  readonly httpsProxy?: string;
}

const path = '/etc/docker/daemon.json';

export const hostEngineConfig: Fact<HostEngineConfigReading> = {
  about: `Reading ${path}`,
  from: 'host',
  mounts: () => ['/etc/docker'],
  async read(world, signal) {
    const view = hostView(world);
    let text: string | undefined;
    try {
      text = await hostText(view, path, signal);
    } catch (error) {
      signal.throwIfAborted();
      return { path, state: 'unreadable', problem: messageOf(error), dns: [] };
    }
    return text === undefined ? { path, state: 'missing', dns: [] } : { path, ...parseDaemonJson(text) };
  },
};

/** Reads the text of a daemon.json. An empty file is one without settings, as for the engine. */
export function parseDaemonJson(text: string): Omit<HostEngineConfigReading, 'path'> {
  const invalid = (problem: string) => ({ state: 'invalid', problem, dns: [] }) as const;
  let parsed: unknown;
  try {
    parsed = text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    return invalid(`it is not JSON${placeOf(messageOf(error), text)}`);
  }
  if (!isObject(parsed)) return invalid('it is not a JSON object');
  const { dns = [], ipv6, 'log-driver': logDriver, 'log-opts': logOpts = {}, proxies = {} } = parsed;
  if (!Array.isArray(dns) || !dns.every((one) => typeof one === 'string')) {
    return invalid('"dns" is not a list of strings');
  }
  if (ipv6 !== undefined && typeof ipv6 !== 'boolean') return invalid('"ipv6" is neither true nor false');
  if (logDriver !== undefined && typeof logDriver !== 'string') return invalid('"log-driver" is not a string');
  if (!isObject(logOpts) || !isText(logOpts['max-size']) || !isText(logOpts['max-file'])) {
    return invalid('"log-opts" is not an object of strings');
  }
  const { 'max-size': maxSize, 'max-file': maxFile } = logOpts as { 'max-size'?: string; 'max-file'?: string };
  const proxy = isObject(proxies) ? proxies['https-proxy'] : undefined;
  return {
    state: 'found',
    dns: dns as readonly string[],
    ...(ipv6 === undefined ? {} : { ipv6 }),
    ...(logDriver === undefined ? {} : { logDriver }),
    ...(maxSize === undefined ? {} : { maxSize }),
    ...(maxFile === undefined ? {} : { maxFile }),
    ...(typeof proxy === 'string' && proxy !== '' ? { httpsProxy: showProxy(proxy) } : {}),
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isText = (value: unknown) => value === undefined || typeof value === 'string';

/** Of the parser's message only where: the rest may quote the file. */
function placeOf(message: string, text: string): string {
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position === undefined) return '';
  const before = text.slice(0, Number(position)).split('\n');
  return ` (line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1})`;
}
