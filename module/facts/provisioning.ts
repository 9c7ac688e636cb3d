import { readdir } from 'node:fs/promises';
import { parse } from 'smol-toml';
import { type HostView, Unavailable } from './fact.ts';
import { hostPath, hostText } from './host-view.ts';

/** How the device gets its identity, from identityd's configuration. */
export interface Provisioning {
  /** manual, dps or none. */
  readonly source: string;
  readonly globalEndpoint?: string;
}

const folder = '/etc/aziot/identityd';

/**
 * Reads `[provisioning]` of config.toml and config.d/*.toml, where what stands later wins. Throws Unavailable when the
 * folder was not bound, a file is not TOML, or none says the source. Messages hold no text of the files.
 */
export async function readProvisioning(view: HostView, signal: AbortSignal): Promise<Provisioning> {
  const parts = await readdir(hostPath(view, `${folder}/config.d`), { withFileTypes: true }).catch(none);
  const names = parts.filter((entry) => entry.isFile() && entry.name.endsWith('.toml')).map(({ name }) => name);
  const found: { source?: unknown; global_endpoint?: unknown } = {};
  for (const name of ['config.toml', ...names.sort().map((one) => `config.d/${one}`)]) {
    const text = await hostText(view, `${folder}/${name}`, signal);
    if (text !== undefined) Object.assign(found, provisioningIn(text, `${folder}/${name}`));
  }
  const { source, global_endpoint: globalEndpoint } = found;
  if (typeof source !== 'string') {
    throw new Unavailable('unknown', `No file below ${folder} says how the device is provisioned.`);
  }
  return { source, ...(typeof globalEndpoint === 'string' ? { globalEndpoint } : {}) };
}

function provisioningIn(text: string, path: string): object {
  try {
    const { provisioning } = parse(text);
    return typeof provisioning === 'object' ? provisioning : {};
  } catch {
    throw new Unavailable('unreadable', `${path} is not well-formed.`);
  }
}

function none(error: unknown): readonly [] {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
  throw error;
}
