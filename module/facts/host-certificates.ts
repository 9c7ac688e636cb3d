import { createHash, X509Certificate } from 'node:crypto';
import { lstat, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type CertdConfig, readCertdConfig } from './certd-config.ts';
import { type Daemon, isTable, readDaemonConfig, type Table } from './daemon-config.ts';
import type { Fact, HostView } from './fact.ts';
import { firstUnreadable, type HostUser, readHostUser } from './host-user.ts';
import { hostPath, hostView } from './host-view.ts';

/** The certificates that IoT Edge's daemons use, and what they are used for. Private keys are not read. */
export interface HostCertificatesReading {
  /** Daemons whose configuration could not be read; what it would tell is missing. */
  readonly unread: readonly Daemon[];
  readonly provisioningMode?: 'manual-x509' | 'manual-other' | 'dps-x509' | 'dps-other' | 'none';
  /** Ids of certificates. */
  readonly identity?: string;
  readonly edgeCa: string;
  readonly certd?: Omit<CertdConfig, 'homedir'>;
  /** By id: those above, and all that are preloaded from a file. */
  readonly certificates: Readonly<Record<string, HostCertificate>>;
}

export interface HostCertificate {
  /** The device's path; absent for a preloaded one with another scheme than file. */
  readonly path?: string;
  readonly preloaded: boolean;
  /** How certd issues it: est, local_ca, self_signed. */
  readonly issued?: string;
  /** `elsewhere`: it lies where this module does not look. */
  readonly state: 'found' | 'missing' | 'elsewhere' | 'bad';
  /** Of the first certificate in the file; milliseconds since 1970. */
  readonly notBefore?: number;
  readonly notAfter?: number;
  readonly subject?: string;
  readonly issuer?: string;
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
    const config = async (daemon: Daemon): Promise<Table | undefined> => {
      const found = await readDaemonConfig(view, daemon, signal);
      if ('value' in found) return found.value;
      unread.push(daemon);
      return undefined;
    };
    const [certdTable, identityd, edged] = [await config('certd'), await config('identityd'), await config('edged')];
    const certd = certdTable && readCertdConfig(certdTable);
    const provisioning = identityd && readIdentity(identityd);
    const edgeCaOfEdged = edged?.['edge_ca_cert'];
    const edgeCa = typeof edgeCaOfEdged === 'string' ? edgeCaOfEdged : 'aziot-edged-ca';
    const user = await readHostUser(view, 'aziotcs', signal);
    const certificates: Record<string, HostCertificate> = {};
    if (certd) {
      const used = [provisioning?.identity, edgeCa, certd.estIdentity, certd.estBootstrap, certd.localCa];
      const files = Object.entries(certd.preloaded).flatMap(([id, target]) => (typeof target === 'string' ? [id] : []));
      for (const id of new Set([...used, ...files])) {
        if (id !== undefined) certificates[id] = await readOne(view, id, certd, user, signal);
      }
    }
    const { homedir: _, ...shown } = certd ?? { homedir: '' };
    return {
      unread,
      ...provisioning,
      edgeCa,
      ...(certd ? { certd: shown as Omit<CertdConfig, 'homedir'> } : {}),
      certificates,
    };
  },
};

function readIdentity(identityd: Table): Pick<HostCertificatesReading, 'provisioningMode' | 'identity'> {
  const provisioning = isTable(identityd['provisioning']) ? identityd['provisioning'] : {};
  const { source } = provisioning;
  if (source !== 'manual' && source !== 'dps') return { provisioningMode: 'none' };
  const how = provisioning[source === 'dps' ? 'attestation' : 'authentication'];
  const { method, identity_cert: identity } = isTable(how) ? how : {};
  if (method !== 'x509' || typeof identity !== 'string') return { provisioningMode: `${source}-other` };
  return { provisioningMode: `${source}-x509`, identity };
}

async function readOne(
  view: HostView,
  id: string,
  { homedir, preloaded, issued }: CertdConfig,
  user: HostUser | undefined,
  signal: AbortSignal,
): Promise<HostCertificate> {
  const target = preloaded[id];
  const method = issued[id];
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

type Read = Pick<HostCertificate, 'state' | 'notBefore' | 'notAfter' | 'subject' | 'issuer' | 'problem'>;

async function readFileOf(
  view: HostView,
  path: string,
  user: HostUser | undefined,
  signal: AbortSignal,
): Promise<Read> {
  if (!certificateFolders.some((folder) => path.startsWith(`${folder}/`)) || path.includes('/../')) {
    return { state: 'elsewhere' };
  }
  try {
    const file = await stat(join(view.root, path));
    // A pipe would be waited for without end.
    if (!file.isFile() || file.size > mostBytes) {
      return { state: 'bad', problem: ['Could not open cert file.', `${path} is no file of at most 1 MB`] };
    }
    const text = await readFile(join(view.root, path), { encoding: 'utf8', signal });
    const unreadable = user && (await firstUnreadable(view, path, user));
    if (user && unreadable !== undefined) {
      const whose = `user ${user.name} (uid ${user.uid}, gid ${user.gids[0]})`;
      const problem = `${unreadable} is not readable by ${whose}, see https://aka.ms/iotedge/cert-permissions`;
      return { state: 'bad', problem: [problem] };
    }
    return parse(path, text);
  } catch (error) {
    signal.throwIfAborted();
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') return { state: 'bad', problem: ['Could not open cert file.', `${path}: ${code}`] };
    // A link may lead to where nothing is bound.
    const link = await lstat(join(view.root, path)).catch(() => undefined);
    return { state: link?.isSymbolicLink() ? 'elsewhere' : 'missing' };
  }
}

/** The first certificate of a file counts; all have to be such. */
function parse(path: string, text: string): Read {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    const [first] = blocks.map((pem) => new X509Certificate(pem));
    if (first === undefined) throw new Error('there is no certificate in it');
    const line = (name: string) => name.replace(/\n/g, ', ');
    return {
      state: 'found',
      notBefore: first.validFromDate.getTime(),
      notAfter: first.validToDate.getTime(),
      subject: line(first.subject),
      issuer: line(first.issuer),
    };
  } catch {
    return { state: 'bad', problem: [`could not parse ${path} as a valid .pem`] };
  }
}
