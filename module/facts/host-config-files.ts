import { readdir } from 'node:fs/promises';
import { parse, stringify, TomlError } from 'smol-toml';
import { daemons, isTable } from './daemon-config.ts';
import type { Fact, HostView } from './fact.ts';
import { hostPath, hostText, hostView } from './host-view.ts';

/** IoT Edge's configuration without its secrets: device path → text, or why there is none. */
export interface HostConfigFilesReading {
  readonly files: Readonly<Record<string, string>>;
  readonly problems: Readonly<Record<string, string>>;
}

/** What stands in the place of a secret. */
const hidden = '‹secret›';

/** Keys whose values are secret, in config.toml or in what is made of it. Keys and certificates have ids and files there. */
const secretKeys =
  /(?:^|_)(?:value|password|passwd|secret|token|pin|sas|signature|username)$|connection_string|symmetric_key|shared_access/i;
/** Tables whose values are anybody's. */
const opaqueTables = /^(?:env|createOptions)$/i;
/** Values of a daemon's environment that help and are no secrets. */
const harmless = /^(?:UpstreamProtocol|RuntimeLogLevel|storageFolder|NetworkId|Mode)$/i;

export const hostConfigFiles: Fact<HostConfigFilesReading> = {
  about: "Reading IoT Edge's configuration files",
  from: 'host',
  mounts: () => ['/etc/aziot'],
  async read(world, signal) {
    const view = hostView(world);
    const files: Record<string, string> = {};
    const problems: Record<string, string> = {};
    for (const path of await pathsOf(view)) {
      try {
        const text = await hostText(view, path, signal);
        if (text !== undefined) files[path] = withoutSecrets(text);
      } catch (error) {
        signal.throwIfAborted();
        problems[path] = problemOf(error);
      }
    }
    return { files, problems };
  },
};

async function pathsOf(view: HostView): Promise<readonly string[]> {
  const folders = daemons.map((daemon) => `/etc/aziot/${daemon}`);
  const found = ['/etc/aziot/config.toml'];
  for (const folder of folders) {
    found.push(`${folder}/config.toml`);
    const names = await readdir(hostPath(view, `${folder}/config.d`)).catch(() => []);
    const own = names.filter((name) => name.endsWith('.toml')).sort();
    found.push(...own.map((name) => `${folder}/config.d/${name}`));
  }
  return found;
}

/** The parser's own message goes on with the lines of the file. */
function problemOf(error: unknown): string {
  if (error instanceof TomlError) return `It is no TOML: see line ${error.line}, column ${error.column}.`;
  return `It cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}.`;
}

/**
 * A configuration file with its secrets hidden by where they stand. It is written anew, without comments, in which an
 * earlier password may still stand. Throws a TomlError for what is no TOML.
 */
export function withoutSecrets(toml: string): string {
  return stringify(hide(parse(toml), '', false));
}

function hide(value: unknown, key: string, opaque: boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => hide(one, key, opaque));
  if (isTable(value)) {
    const own = Object.entries(value).map(([name, inner]) => [
      name,
      hide(inner, name, opaque || opaqueTables.test(key)),
    ]);
    return Object.fromEntries(own);
  }
  if (typeof value !== 'string' || value === '') return value;
  const named = secretKeys.test(key) && !/^file:\/\//.test(value);
  if (named || (opaque && !harmless.test(key))) return hidden;
  return value.replace(/(pin-value=)[^&;?]+/gi, `$1${hidden}`).replace(/(:\/\/)[^\s/@]+@/g, `$1${hidden}@`);
}
