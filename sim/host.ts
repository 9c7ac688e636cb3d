import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type HostNames, hostFiles } from './host/files.ts';
import { writeJournal } from './host/journal.ts';
import type { Pki } from './pki.ts';

export { hostSecrets } from './host/files.ts';

export interface HostOptions extends HostNames {
  /** The folder that stands for the device's root folder. */
  readonly dir: string;
  readonly pki: Pki;
  readonly log?: (line: string) => void;
}

export interface Host {
  /** What a module would see when the device's root were mounted. */
  readonly hostRoot: string;
  /** Bound into edgeAgent as its storage. */
  readonly agentStorage: string;
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
  for (const [id, pem] of Object.entries(certificates)) {
    await put(hostRoot, `var/lib/aziot/certd/certs/${certificateFile(id)}`, pem);
  }
  await put(hostRoot, 'etc/aziot/certificates/root-ca.pem', pki.rootCertificate);
  const agentStorage = join(hostRoot, 'var/lib/iotedge/storage/edgeAgent');
  await mkdir(agentStorage, { recursive: true });
  const journal = await writeJournal(hostRoot);
  if (!journal) options.log?.('the simulated host has no journal: systemd-journal-remote is not installed');
  return { hostRoot, agentStorage, journal };
}

/** certd's file name for a certificate id: its letters and digits, then the SHA-256 of the whole id. */
function certificateFile(id: string): string {
  return `${id.replace(/[^A-Za-z0-9]/g, '')}-${createHash('sha256').update(id).digest('hex')}.cer`;
}

async function put(root: string, path: string, text: string, mode = 0o644): Promise<void> {
  const file = join(root, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, mode);
}
