import { createHash, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CertdConfig, checkCertdConfig, readCertdConfig } from './certd-config.ts';
import { type Daemon, isTable, readDaemonConfig, type Table } from './daemon-config.ts';
import type { Fact, HostView } from './fact.ts';
import { firstUnreadable, type HostUser, readHostUser } from './host-user.ts';
import { hostPath, hostView } from './host-view.ts';
import { walk } from './host-walk.ts';

/** The certificates that IoT Edge's daemons use, and what they are used for. Private keys are not read. */
export interface HostCertificatesReading {
  /** Daemons whose configuration could not be read or is none; what it would tell is missing. */
  readonly unread: readonly Daemon[];
  readonly provisioningMode?: 'manual-x509' | 'manual-other' | 'dps-x509' | 'dps-other' | 'none';
  /** Ids of certificates. */
  readonly identity?: string;
  readonly edgeCa: string;
  /** At which part of its life edged renews the edge CA's certificate; 0.8 for `80%`. */
  readonly edgeCaRenewedAt?: number;
  readonly certd?: Omit<CertdConfig, 'homedir'>;
  /** By id: those above, and all that are preloaded from a file. */
  readonly certificates: Readonly<Record<string, HostCertificate>>;
}

export interface HostCertificate {
  /** The device's path; absent for a preloaded one with another scheme than file. */
  readonly path?: string;
  readonly preloaded: boolean;
  /** How certd gets it: est, local_ca, self_signed. */
  readonly issued?: string;
  /** `elsewhere`: it lies where this module does not look. */
  readonly state: 'found' | 'missing' | 'elsewhere' | 'bad';
  /** Of the first certificate in the file; milliseconds since 1970. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly subject?: string;
  readonly issuer?: string;
  /** Whether a later certificate of the file cannot be read; IoT Edge works with the first. */
  readonly brokenLater?: boolean;
  /** Why it is bad: outermost reason first. */
  readonly problem?: readonly string[];
}

/** Where certificates of IoT Edge usually lie. The folders that hold private keys too are left out. */
const certificateFolders = ['/etc/aziot', '/var/lib/aziot/certd/certs', '/var/aziot/certs', '/var/secrets/aziot/certd'];

export const hostCertificates: Fact<HostCertificatesReading> = {
  about: "Reading the certificates of IoT Edge's daemons",
  from: 'host',
  mounts: () => [...certificateFolders, '/etc/passwd', '/etc/group'],
  async read(world, signal) {
    const view = hostView(world);
    hostPath(view, '/etc/aziot');
    const unread: Daemon[] = [];
    const config = async (daemon: Daemon, check?: (table: Table) => void): Promise<Table | undefined> => {
      const found = await readDaemonConfig(view, daemon, signal);
      if ('value' in found && passes(found.value, check)) return found.value;
      unread.push(daemon);
      return undefined;
    };
    const certdTable = await config('certd', checkCertdConfig);
    const [identityd, edged] = [await config('identityd'), await config('edged')];
    const certd = certdTable && readCertdConfig(certdTable);
    const provisioning = identityd && readIdentity(identityd);
    const { edgeCa, ...renewal } = readEdgeCa(edged ?? {});
    const user = await readHostUser(view, 'aziotcs', signal);
    const certificates: Record<string, HostCertificate> = {};
    if (certd) {
      const signIns = [...(certd.est ? [certd.est] : []), ...certd.estOfOne];
      const used = [
        provisioning?.identity,
        edgeCa,
        certd.localCa,
        ...signIns.flatMap(({ identity, bootstrap }) => [identity, bootstrap]),
      ];
      const byBootstrap = signIns.flatMap(({ identity, bootstrap }) => (bootstrap === undefined ? [] : [identity]));
      const files = Object.entries(certd.preloaded).flatMap(([id, target]) => (typeof target === 'string' ? [id] : []));
      for (const id of new Set([...used, ...files])) {
        if (id !== undefined) certificates[id] = await readOne(view, id, certd, byBootstrap, user, signal);
      }
    }
    const { homedir: _, ...shown } = certd ?? { homedir: '' };
    return {
      unread,
      ...provisioning,
      edgeCa,
      ...renewal,
      ...(certd ? { certd: shown as Omit<CertdConfig, 'homedir'> } : {}),
      certificates,
    };
  },
};

function passes(table: Table, check: (table: Table) => void = () => undefined): boolean {
  try {
    check(table);
    return true;
  } catch {
    return false;
  }
}

function readIdentity(identityd: Table): Pick<HostCertificatesReading, 'provisioningMode' | 'identity'> {
  const provisioning = isTable(identityd['provisioning']) ? identityd['provisioning'] : {};
  const { source } = provisioning;
  if (source !== 'manual' && source !== 'dps') return { provisioningMode: 'none' };
  const how = provisioning[source === 'dps' ? 'attestation' : 'authentication'];
  const { method, identity_cert: identity } = isTable(how) ? how : {};
  if (method !== 'x509' || typeof identity !== 'string') return { provisioningMode: `${source}-other` };
  return { provisioningMode: `${source}-x509`, identity };
}

/** `[edge_ca]` of edged's configuration; before IoT Edge 1.4 it had `edge_ca_cert`. */
function readEdgeCa(edged: Table): Pick<HostCertificatesReading, 'edgeCa' | 'edgeCaRenewedAt'> {
  const own = isTable(edged['edge_ca']) ? edged['edge_ca'] : {};
  const named = [own['cert'], edged['edge_ca_cert']].find((one) => typeof one === 'string');
  const threshold = isTable(own['auto_renew']) ? own['auto_renew']['threshold'] : undefined;
  const percent = /^(\d{1,2})%$/.exec(String(threshold))?.[1];
  return {
    edgeCa: named ?? 'aziot-edged-ca',
    ...(percent === undefined ? {} : { edgeCaRenewedAt: Number(percent) / 100 }),
  };
}

async function readOne(
  view: HostView,
  id: string,
  { homedir, preloaded, issued }: CertdConfig,
  byBootstrap: readonly string[],
  user: HostUser | undefined,
  signal: AbortSignal,
): Promise<HostCertificate> {
  const target = preloaded[id];
  const method = issued[id] ?? (byBootstrap.includes(id) ? 'est' : undefined);
  const about = { preloaded: target !== undefined, ...(method === undefined ? {} : { issued: method }) };
  const path = typeof target === 'string' ? pathOf(target) : issuedPath(homedir, id);
  if (path === undefined) return { ...about, state: 'bad', problem: [] };
  return { ...about, path, ...(await readFileOf(view, path, user, signal)) };
}

function pathOf(uri: string): string | undefined {
  try {
    return new URL(uri).protocol === 'file:' ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

/** Where certd keeps what it issues: the id's letters and digits, then the SHA-256 of the whole id. */
function issuedPath(homedir: string, id: string): string {
  const name = `${id.replace(/[^A-Za-z0-9]/g, '')}-${createHash('sha256').update(id).digest('hex')}.cer`;
  return `${homedir}/certs/${name}`;
}

/** A file of certificates is far smaller. */
const mostBytes = 1 << 20;

type Read = Omit<HostCertificate, 'path' | 'preloaded' | 'issued'>;

async function readFileOf(
  view: HostView,
  path: string,
  user: HostUser | undefined,
  signal: AbortSignal,
): Promise<Read> {
  try {
    const way = await walk(view, path, certificateFolders);
    if (way === undefined) return { state: 'elsewhere' };
    const file = way.passed.at(-1)?.stats;
    // A pipe would be waited for without end.
    if (!file?.isFile() || file.size > mostBytes) {
      return { state: 'bad', problem: ['Could not open cert file.', `${path} is no file of at most 1 MB`] };
    }
    const text = await readFile(join(view.root, way.path), { encoding: 'utf8', signal });
    const unreadable = user && firstUnreadable(way, user);
    if (user && unreadable !== undefined) {
      const whose = `user ${user.name} (uid ${user.uid}, gid ${user.gids[0]})`;
      const problem = `${unreadable} is not readable by ${whose}, see https://aka.ms/iotedge/cert-permissions`;
      return { state: 'bad', problem: [problem] };
    }
    return parse(path, text);
  } catch (error) {
    signal.throwIfAborted();
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return { state: 'missing' };
    return { state: 'bad', problem: ['Could not open cert file.', `${path}: ${code}`] };
  }
}

function parse(path: string, text: string): Read {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  const [first, ...later] = blocks.map(certificateIn);
  if (first === undefined) return { state: 'bad', problem: [`could not parse ${path} as a valid .pem`] };
  const line = (name: string) => name.replace(/\n/g, ', ');
  return {
    state: 'found',
    notBefore: first.validFromDate.getTime(),
    notAfter: first.validToDate.getTime(),
    subject: line(first.subject),
    issuer: line(first.issuer),
    ...(later.includes(undefined) ? { brokenLater: true } : {}),
  };
}

function certificateIn(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
