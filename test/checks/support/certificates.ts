import { createHash } from 'node:crypto';
import { type Facts, type Readings, readFacts } from '../../../module/facts/index.ts';
import { createPki, type Pki } from '../../../sim/pki.ts';
import { hostWith } from '../../facts/support/host-files.ts';
import { worldWith } from '../../facts/support/world.ts';

export type Certificates = Readings<'hostCertificates'>['hostCertificates'];

const superOf = (daemon: string) => `/etc/aziot/${daemon}/config.d/00-super.toml`;
/** Where certd keeps what it issues. */
export const keptAt = (id: string) =>
  `/var/lib/aziot/certd/certs/${id.replace(/[^A-Za-z0-9]/g, '')}-${createHash('sha256').update(id).digest('hex')}.cer`;

const passwd = 'root:x:0:0::/root:/bin/sh\naziotcs:x:997:997::/nonexistent:/usr/sbin/nologin\n';

const certdHome = 'homedir_path = "/var/lib/aziot/certd"\n';

/** The reading of a device with these configurations and files, from real files. */
export async function readCertificates(
  configurations: { readonly certd?: string; readonly identityd?: string; readonly edged?: string },
  files: Readonly<Record<string, string>> = {},
  change: (at: (path: string) => string) => Promise<void> = async () => undefined,
): Promise<Certificates> {
  const own = Object.entries({
    identityd: '[provisioning]\nsource = "none"\n',
    edged: '',
    ...configurations,
    certd: `${certdHome}${configurations.certd ?? ''}`,
  });
  await using device = await hostWith({
    ...Object.fromEntries(own.map(([daemon, text]) => [superOf(daemon), text])),
    '/etc/passwd': passwd,
    '/etc/group': 'aziotcs:x:997:\n',
    ...files,
  });
  await change(device.at);
  return (await readFacts(['hostCertificates'], worldWith({ host: device.host }))).hostCertificates;
}

/** identityd's configuration of a device that signs in with the certificate `device-id`. */
export const dpsX509 = `[provisioning]
source = "dps"
[provisioning.attestation]
method = "x509"
identity_cert = "device-id"
identity_pk = "device-id"
`;

let pki: Promise<Pki> | undefined;

/** A certificate in PEM that is valid between these times, in milliseconds from now. */
export async function certificate(fromNow: { readonly from?: number; readonly to: number }): Promise<string> {
  pki ??= createPki();
  const at = (ms: number) => new Date(Date.now() + ms);
  const notBefore = fromNow.from === undefined ? {} : { notBefore: at(fromNow.from) };
  return (await (await pki).server(['device-1'], { notAfter: at(fromNow.to), ...notBefore })).certificate;
}

export const day = 86_400_000;
export const hour = 3_600_000;

/** What edgeHub presents: a server certificate and the edge CA, each with days left. */
export function presented(serverDays: number, caDays: number): Readings<'edgeHubCertificate'>['edgeHubCertificate'] {
  const one = (subject: string, days: number) => ({
    subject,
    issuer: 'CN=above',
    notBefore: new Date(Date.now() - 30 * day).toISOString(),
    notAfter: new Date(Date.now() + days * day).toISOString(),
    sha256: '',
  });
  const chain: Facts['edgeHubCertificate']['chain'] = [one('CN=edge-1', serverDays), one('CN=edge ca', caDays)];
  return { value: { host: 'edge-1', port: 8883, chain } };
}
