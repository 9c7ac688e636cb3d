import { stat } from 'node:fs/promises';
import { checkCertdConfig } from './certd-config.ts';
import { type ConfigProblem, type Daemon, daemons, isTable, readDaemonConfig, type Table } from './daemon-config.ts';
import type { Fact, HostView } from './fact.ts';
import { hostPath, hostView } from './host-view.ts';
import { checkKeydConfig } from './keyd-config.ts';
import { showProxy } from './proxy.ts';

/**
 * The configuration under /etc/aziot, merged as the daemons do it. Reduced to what checks judge: keys, passwords, pins,
 * connection strings and the user part of addresses stay in the helper container.
 */
export interface HostConfigReading {
  readonly keyd: DaemonConfig<object>;
  readonly certd: DaemonConfig<object>;
  readonly tpmd: DaemonConfig<object>;
  readonly identityd: DaemonConfig<IdentitydConfig>;
  readonly edged: DaemonConfig<EdgedConfig>;
  /** Modification times in milliseconds since 1970; absent where there is no such file. */
  readonly files: {
    readonly configToml?: number;
    /** `/etc/aziot/<daemon>/config.d/00-super.toml` */
    readonly super: { readonly [D in Daemon]?: number };
  };
}

export type DaemonConfig<T> = { readonly value: T } | { readonly problem: ConfigProblem };

export interface IdentitydConfig {
  readonly hostname: string;
  readonly provisioning: {
    readonly source: 'manual' | 'dps' | 'none';
    /** sas, x509, symmetric_key, tpm. */
    readonly method?: string;
    readonly iothubHostname?: string;
    readonly deviceId?: string;
    /** The parent of a nested device. */
    readonly parentHostname?: string;
    /** DPS: the address without user and password. */
    readonly globalEndpoint?: string;
  };
}

export interface EdgedConfig {
  readonly hostname: string;
  readonly agentImage: string;
  /** Whether it has credentials for the agent image's registry, and for which. */
  readonly agentRegistry?: string;
  /** Of the agent's environment, in any case of its name; the proxy without user and password. */
  readonly agentUpstreamProtocol?: string;
  readonly agentHttpsProxy?: string;
  readonly connectManagementUri: string;
  readonly listenManagementUri: string;
  readonly engineUri: string;
  readonly network: string;
  readonly networkIpv6: boolean;
}

export const hostConfig: Fact<HostConfigReading> = {
  about: 'Reading the configuration under /etc/aziot',
  from: 'host',
  mounts: () => ['/etc/aziot'],
  async read(world, signal) {
    const view = hostView(world);
    hostPath(view, '/etc/aziot');
    const merged = async <T>(daemon: Daemon, reduce: (config: Table) => T): Promise<DaemonConfig<T>> => {
      const found = await readDaemonConfig(view, daemon, signal);
      if ('problem' in found) return found;
      try {
        return { value: reduce(found.value) };
      } catch (error) {
        return { problem: { kind: 'invalid', message: (error as Error).message } };
      }
    };
    return {
      keyd: await merged('keyd', checked(checkKeydConfig)),
      certd: await merged('certd', checked(checkCertdConfig)),
      tpmd: await merged('tpmd', () => ({})),
      identityd: await merged('identityd', identityd),
      edged: await merged('edged', edged),
      files: await modified(view),
    };
  },
};

/** Of these nothing but that they are in order. */
function checked(check: (config: Table) => void): (config: Table) => object {
  return (config) => {
    check(config);
    return {};
  };
}

async function modified(view: HostView): Promise<HostConfigReading['files']> {
  const time = async (path: string) =>
    stat(hostPath(view, path)).then(
      ({ mtimeMs }) => mtimeMs,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      },
    );
  const configToml = await time('/etc/aziot/config.toml');
  const supers: { [D in Daemon]?: number } = {};
  for (const daemon of daemons) {
    const at = await time(`/etc/aziot/${daemon}/config.d/00-super.toml`);
    if (at !== undefined) supers[daemon] = at;
  }
  return { ...(configToml === undefined ? {} : { configToml }), super: supers };
}

const least = 70;

/** The required keys, and the rules that aziot-identityd applies after parsing (aziot-identityd-config, `lib.rs`). */
function identityd(config: Table): IdentitydConfig {
  const provisioning = table(config, 'provisioning');
  const source = text(provisioning, 'source', 'provisioning.');
  if (source !== 'manual' && source !== 'dps' && source !== 'none') {
    throw new Error('provisioning.source must be manual, dps or none');
  }
  const timeout = config['cloud_timeout_sec'];
  if (timeout !== undefined && !(Number(timeout) >= least)) {
    throw new Error(`cloud_timeout_sec must be at least ${least} seconds`);
  }
  const names = new Set<string>();
  for (const principal of list(config['principal'])) {
    const name = text(principal, 'name', 'principal.');
    if (names.has(name)) throw new Error(`duplicate module name: ${name}`);
    names.add(name);
  }
  const authentication = provisioning['authentication'] ?? provisioning['attestation'];
  const given = (key: string, from: Table = provisioning) => (typeof from[key] === 'string' ? from[key] : undefined);
  return {
    hostname: text(config, 'hostname'),
    provisioning: {
      source,
      ...optional('method', isTable(authentication) ? given('method', authentication) : undefined),
      ...optional('iothubHostname', given('iothub_hostname')),
      ...optional('deviceId', given('device_id')),
      ...optional('parentHostname', given('local_gateway_hostname')),
      ...optional('globalEndpoint', plainUrl(given('global_endpoint'))),
    },
  };
}

function edged(config: Table): EdgedConfig {
  const agent = table(config, 'agent');
  const agentConfig = table(agent, 'config', 'agent.');
  const connect = table(config, 'connect');
  const listen = table(config, 'listen');
  const engine = isTable(config['moby_runtime']) ? config['moby_runtime'] : {};
  const network = engine['network'] ?? 'azure-iot-edge';
  const auth = agentConfig['auth'];
  const env = Object.entries(isTable(agent['env']) ? agent['env'] : {});
  const variable = (name: string) => {
    const value = env.find(([key]) => key.toLowerCase() === name)?.[1];
    return typeof value === 'string' ? value : undefined;
  };
  const proxy = variable('https_proxy');
  return {
    hostname: text(config, 'hostname'),
    agentImage: text(agentConfig, 'image', 'agent.config.'),
    ...optional('agentRegistry', isTable(auth) ? String(auth['serveraddress'] ?? '') : undefined),
    ...optional('agentUpstreamProtocol', variable('upstreamprotocol')),
    ...optional('agentHttpsProxy', proxy === undefined ? undefined : showProxy(proxy)),
    connectManagementUri: text(connect, 'management_uri', 'connect.'),
    listenManagementUri: text(listen, 'management_uri', 'listen.'),
    engineUri: typeof engine['uri'] === 'string' ? engine['uri'] : 'unix:///var/run/docker.sock',
    network: isTable(network) ? String(network['name'] ?? 'azure-iot-edge') : String(network),
    networkIpv6: isTable(network) && network['ipv6'] === true,
  };
}

function list(value: unknown): readonly Table[] {
  return Array.isArray(value) ? value.filter(isTable) : [];
}

function table(config: Table, key: string, place = ''): Table {
  const value = config[key];
  if (isTable(value)) return value;
  throw new Error(value === undefined ? `missing field \`${place}${key}\`` : `${place}${key} must be a table`);
}

function text(config: Table, key: string, place = ''): string {
  const value = config[key];
  if (typeof value === 'string') return value;
  throw new Error(value === undefined ? `missing field \`${place}${key}\`` : `${place}${key} must be a string`);
}

/** An address without user and password. */
function plainUrl(address: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const { protocol, host } = new URL(address);
  return `${protocol}//${host}`;
}

function optional<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
}
