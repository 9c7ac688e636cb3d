import { isTable, type Table } from './daemon-config.ts';

/** What of certd's configuration tells which certificates there are (aziot-certd-config, `lib.rs`). */
export interface CertdConfig {
  /** Where it keeps what it issues. */
  readonly homedir: string;
  /** By id: the URI of a file, or the ids that it stands for. Of another URI only the scheme: it may hold a PIN. */
  readonly preloaded: Readonly<Record<string, string | readonly string[]>>;
  /** By id: est, local_ca or self_signed. */
  readonly issued: Readonly<Record<string, string>>;
  readonly localCa?: string;
  /** By what it signs in at EST servers, and by what for certificates that have a way of their own; each once. */
  readonly est?: EstSignIn;
  readonly estOfOne: readonly EstSignIn[];
  /** Without user and password. */
  readonly estUrls: readonly string[];
}

/** Ids of certificates. */
export interface EstSignIn {
  readonly identity: string;
  /** By which the identity is asked for when there is none yet. */
  readonly bootstrap?: string;
}

/** Of a configuration that was merged as certd does it. */
export function readCertdConfig(config: Table): CertdConfig {
  const issuance = tableIn(config, 'cert_issuance');
  const est = tableIn(issuance, 'est');
  const certificates = Object.entries(issuance).filter(
    (entry): entry is [string, Table] => entry[0] !== 'est' && entry[0] !== 'local_ca' && isTable(entry[1]),
  );
  const signIn = signInOf(est);
  const own = certificates.map(([, one]) => signInOf(one)).filter((one) => one !== undefined);
  const estOfOne = [...new Map(own.map((one) => [JSON.stringify(one), one])).values()];
  const urls = [...Object.values(tableIn(est, 'urls')), ...certificates.map(([, { url }]) => url)];
  return {
    homedir: typeof config['homedir_path'] === 'string' ? config['homedir_path'] : '/var/lib/aziot/certd',
    preloaded: Object.fromEntries(
      Object.entries(tableIn(config, 'preloaded_certs')).map(([id, target]) => [id, targetOf(target)]),
    ),
    issued: Object.fromEntries(certificates.map(([id, { method }]) => [id, String(method ?? '')])),
    ...named('localCa', tableIn(issuance, 'local_ca')['cert']),
    ...(signIn ? { est: signIn } : {}),
    estOfOne,
    estUrls: [...new Set(urls.filter((url) => typeof url === 'string').map(plain))],
  };
}

const methods = ['est', 'local_ca', 'self_signed'];

/** Throws an Error for what certd refuses to start with; it names keys and quotes no value. */
export function checkCertdConfig(config: Table): void {
  const homedir = config['homedir_path'];
  if (homedir === undefined) throw new Error('missing field `homedir_path`');
  if (typeof homedir !== 'string') throw new Error('homedir_path must be a string');
  for (const [id, target] of Object.entries(tableIn(config, 'preloaded_certs'))) {
    const fine = Array.isArray(target) ? target.every((one) => typeof one === 'string') : isUri(target);
    if (!fine) throw new Error(`preloaded_certs.${id} must be a URI or a list of ids`);
  }
  const { est, local_ca: _, ...certificates } = tableIn(config, 'cert_issuance');
  for (const [id, one] of Object.entries(certificates)) {
    const { method, url } = isTable(one) ? one : {};
    if (!methods.includes(String(method))) {
      throw new Error(`cert_issuance.${id}.method must be ${methods.slice(0, -1).join(', ')} or ${methods.at(-1)}`);
    }
    if (url !== undefined && !isUri(url)) throw new Error(`cert_issuance.${id}.url must be a URL`);
  }
  for (const [id, url] of Object.entries(tableIn(isTable(est) ? est : {}, 'urls'))) {
    if (!isUri(url)) throw new Error(`cert_issuance.est.urls.${id} must be a URL`);
  }
}

const isUri = (value: unknown) => typeof value === 'string' && URL.canParse(value);

/** config.toml has a table `auth` for it; in what is made of it for certd the keys stand beside the others. */
function signInOf({ identity_cert: identity, bootstrap_identity_cert: bootstrap }: Table): EstSignIn | undefined {
  if (typeof identity !== 'string') return undefined;
  return { identity, ...named('bootstrap', bootstrap) };
}

function targetOf(target: unknown): string | readonly string[] {
  if (Array.isArray(target)) return target.map(String);
  const uri = String(target);
  if (!URL.canParse(uri)) return 'what is no URI';
  const { protocol, pathname } = new URL(uri);
  return protocol === 'file:' ? `file://${pathname}` : protocol;
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
