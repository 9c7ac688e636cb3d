import { type Fact, Unavailable } from './fact.ts';

/** The daemons of IoT Edge that have a configuration of their own under /etc/aziot. */
export const daemons = ['keyd', 'certd', 'tpmd', 'identityd', 'edged'] as const;
export type Daemon = (typeof daemons)[number];

/**
 * The configuration under /etc/aziot, merged as the daemons do it. Reduced to what checks judge: keys, passwords, pins,
 * connection strings and the user part of addresses stay in the helper container.
 */
export interface HostConfigReading {
  readonly keyd: DaemonConfig<KeydConfig>;
  readonly certd: DaemonConfig<CertdConfig>;
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

export interface ConfigProblem {
  readonly kind: 'permission-denied' | 'unreadable' | 'syntax' | 'invalid';
  /** The device's path, when it is one file's. */
  readonly file?: string;
  /** Without any text of the file. */
  readonly message: string;
}

export interface KeydConfig {
  readonly preloadedKeys: readonly string[];
}

export interface CertdConfig {
  readonly homedir: string;
  /** Id → URIs, or ids of other entries where the entry is a list. Addresses without user and password. */
  readonly preloaded: Readonly<Record<string, readonly string[]>>;
  /** Id → how it is issued: est, self_signed, local_ca. */
  readonly issuance: Readonly<Record<string, string>>;
  /** Every EST server's URL, by the place where it is configured. */
  readonly estUrls: Readonly<Record<string, string>>;
  /** Ids of the certificates by which it signs in at EST servers. */
  readonly estIdentityCerts: readonly string[];
  readonly estBootstrapCerts: readonly string[];
  readonly localCaCert?: string;
}

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
    /** Id of the certificate with which the device signs in. */
    readonly identityCert?: string;
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
  readonly edgeCaCert?: string;
}

export const hostConfig: Fact<HostConfigReading> = {
  about: 'Reading the configuration under /etc/aziot',
  from: 'host',
  mounts: () => ['/etc/aziot'],
  read: async () => {
    throw new Unavailable('not-supported', 'Not there yet.');
  },
};
