import { createReadStream } from 'node:fs';

/** The packages whose versions matter. */
const wanted = ['aziot-edge', 'aziot-identity-service', 'moby-engine', 'docker-ce', 'docker.io'] as const;
export type PackageName = (typeof wanted)[number];

/** Installed versions, or why they are not known. */
export type PackagesReading =
  | { readonly versions: { readonly [P in PackageName]?: string } }
  | { readonly unknown: string };

/**
 * Reads dpkg's status file line by line, for it has megabytes: of each wanted package that is installed the version,
 * as Debian writes it (`1.5.21-1`). Rejects when the file cannot be read.
 */
export async function readDpkgStatus(file: string, signal: AbortSignal): Promise<PackagesReading> {
  const versions: { [P in PackageName]?: string } = {};
  let name = '';
  let installed = false;
  const take = (line: string) => {
    const [, key, value = ''] = /^(Package|Status|Version): (.*)$/.exec(line) ?? [];
    if (key === 'Package') [name, installed] = [value, false];
    if (key === 'Status') installed = value.endsWith(' installed');
    if (key === 'Version' && installed && isWanted(name)) versions[name] = value;
  };
  let rest = '';
  for await (const chunk of createReadStream(file, { encoding: 'utf8', signal })) {
    const lines = `${rest}${chunk}`.split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
  return { versions };
}

const isWanted = (name: string): name is PackageName => (wanted as readonly string[]).includes(name);
