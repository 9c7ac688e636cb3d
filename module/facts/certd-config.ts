import { isTable, type Table } from './daemon-config.ts';

/** What of certd's configuration tells which certificates there are (aziot-certd-config, `lib.rs`). */
export interface CertdConfig {
  /** Where it keeps what it issues. */
  readonly homedir: string;
  /** By id: the URI of a file, or the ids that it stands for. */
  readonly preloaded: Readonly<Record<string, string | readonly string[]>>;
  /** By id: est, local_ca or self_signed. */
  readonly issued: Readonly<Record<string, string>>;
  readonly localCa?: string;
  /** The ids of the certificates by which it signs in at EST servers. */
  readonly estIdentity?: string;
  readonly estBootstrap?: string;
  /** Without user and password. */
  readonly estUrls: readonly string[];
}

/** Of a configuration that was merged as certd does it. */
export function readCertdConfig(config: Table): CertdConfig {
  const issuance = tableIn(config, 'cert_issuance');
  const est = tableIn(issuance, 'est');
  const certificates = Object.entries(issuance).filter(
    (entry): entry is [string, Table] => entry[0] !== 'est' && entry[0] !== 'local_ca' && isTable(entry[1]),
  );
  const auth = [tableIn(est, 'auth'), ...certificates.map(([, one]) => tableIn(one, 'auth'))];
  const first = (key: string) => auth.map((one) => one[key]).find((value) => typeof value === 'string');
  const urls = [...Object.values(tableIn(est, 'urls')), ...certificates.map(([, { url }]) => url)];
  return {
    homedir: typeof config['homedir_path'] === 'string' ? config['homedir_path'] : '/var/lib/aziot/certd',
    preloaded: Object.fromEntries(
      Object.entries(tableIn(config, 'preloaded_certs')).map(([id, target]) => [id, targetOf(target)]),
    ),
    issued: Object.fromEntries(certificates.map(([id, { method }]) => [id, String(method ?? '')])),
    ...named('localCa', tableIn(issuance, 'local_ca')['cert']),
    ...named('estIdentity', first('identity_cert')),
    ...named('estBootstrap', first('bootstrap_identity_cert')),
    estUrls: [...new Set(urls.filter((url) => typeof url === 'string').map(plain))],
  };
}

function targetOf(target: unknown): string | readonly string[] {
  return Array.isArray(target) ? target.map(String) : String(target);
}

function tableIn(table: Table, key: string): Table {
  const value = table[key];
  return isTable(value) ? value : {};
}

function named<K extends string>(key: K, value: unknown): { readonly [P in K]?: string } {
  return (typeof value === 'string' ? { [key]: value } : {}) as { readonly [P in K]?: string };
}

/** An address without user, password and query; of what is none, only that. */
function plain(address: string): string {
  if (!URL.canParse(address)) return 'what is no URL';
  const { protocol, host, pathname } = new URL(address);
  return `${protocol}//${host}${pathname}`;
}
