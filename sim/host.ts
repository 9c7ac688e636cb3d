import { createHash } from 'node:crypto';
import { chmod, chown, mkdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { hostFiles } from './host/files.ts';
import { writeJournal } from './host/journal.ts';
import { installJournalctl } from './host/journalctl.ts';
import type { HostNames } from './host/names.ts';
import { users } from './host/system.ts';
import type { Pki } from './pki.ts';

export { hostSecrets } from './host/secrets.ts';

export interface HostOptions extends HostNames {
  /** The folder that stands for the device's root folder. Short: sockets are made below it, and their paths are limited to 107 bytes. */
  readonly dir: string;
  readonly pki: Pki;
  /** Whether the host trusts the simulation's root, as one whose owner made a root known with update-ca-certificates. */
  readonly trustsRoot?: boolean;
  readonly log?: (line: string) => void;
}

export interface Host {
  /** What a module would see when the device's root were mounted. */
  readonly hostRoot: string;
  /** Bound into edgeAgent as its storage. */
  readonly agentStorage: string;
  /** Bound into edgeHub as its storage. */
  readonly hubStorage: string;
  /** False when systemd-journal-remote is not installed. */
  readonly journal: boolean;
}

/** Makes the files of a device's host: configuration, certificates, storage and, where possible, a journal. */
export async function createHost(options: HostOptions): Promise<Host> {
  const { dir: hostRoot, pki } = options;
  for (const { path, text, mode } of hostFiles(options)) await put(hostRoot, path, text, mode);
  const deviceCertificate = await pki.server([options.deviceId], { issuer: 'root' });
  const certificates = {
    'aziot-edged-ca': pki.edgeCa.chain,
    'aziot-edged-trust-bundle': pki.rootCertificate,
    'device-id': deviceCertificate.chain,
  };
  for (const [id, pem] of Object.entries(certificates)) await put(hostRoot, certificatePath(id), pem);
  await put(hostRoot, 'etc/aziot/certificates/root-ca.pem', pki.rootCertificate);
  if (options.trustsRoot) await put(hostRoot, 'etc/ssl/certs/ca-certificates.crt', pki.rootCertificate);
  const agentStorage = join(hostRoot, 'var/lib/iotedge/storage/edgeAgent');
  const hubStorage = join(hostRoot, 'var/lib/iotedge/storage/edgeHub');
  for (const folder of [agentStorage, hubStorage, join(hostRoot, 'var/log/journal'), join(hostRoot, 'run')])
    await mkdir(folder, { recursive: true });
  await symlink('../run', join(hostRoot, 'var/run'));
  await applied(hostRoot);
  const journal = await writeJournal(hostRoot);
  if (journal) await installJournalctl(hostRoot);
  if (!journal) options.log?.('the simulated host has no journal: systemd-journal-remote is not installed');
  return { hostRoot, agentStorage, hubStorage, journal };
}

/** Where certd keeps a certificate, below the root: its id's letters and digits, then the SHA-256 of the whole id. */
export function certificatePath(id: string): string {
  const name = `${id.replace(/[^A-Za-z0-9]/g, '')}-${createHash('sha256').update(id).digest('hex')}.cer`;
  return `var/lib/aziot/certd/certs/${name}`;
}

/** Each daemon and its user. */
const owners = { keyd: users.aziotks, certd: users.aziotcs, identityd: users.aziotid, tpmd: users.aziottpm } as const;

/** Owners and times as `iotedge config apply` leaves them: the daemons' files are theirs and newer than config.toml. */
async function applied(root: string): Promise<void> {
  const edited = new Date(Date.now() - 2 * 3_600_000);
  await utimes(join(root, 'etc/aziot/config.toml'), edited, edited);
  for (const [daemon, user] of Object.entries({ ...owners, edged: users.iotedge })) {
    const file = join(root, `etc/aziot/${daemon}/config.d/00-super.toml`);
    await utimes(file, new Date(), new Date(Date.now() - 3_600_000));
    // Only root may give files away; everybody else's device has one user for all.
    if (process.getuid?.() === 0) await chown(file, user, user);
  }
}

async function put(root: string, path: string, text: string, mode = 0o644): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, mode);
}
