import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** A certificate with its key, in PEM. */
export interface Certified {
  readonly certificate: string;
  readonly privateKey: string;
  /** The certificate itself, then the intermediates up to but without the root. */
  readonly chain: string;
}

/** The certificates of one simulated device and its hub. */
export interface Pki {
  /** PEM of the root: what the workload API hands out as trust bundle. */
  readonly rootCertificate: string;
  /** The device's edge CA, signed by the root. */
  readonly edgeCa: Certified;
  /**
   * Issues a server certificate. `names` are DNS names and IP addresses, which become its SANs; the first is the
   * common name. `issuer` is `edgeCa` unless told otherwise; `usage` is `server` unless told otherwise.
   */
  server(names: readonly string[], options?: ServerOptions): Promise<Certified>;
}

export interface ServerOptions {
  readonly notAfter?: Date;
  readonly notBefore?: Date;
  readonly issuer?: 'root' | 'edgeCa';
  readonly usage?: 'server' | 'client';
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const hour = 3_600_000;
const day = 24 * hour;

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly keys: webcrypto.CryptoKeyPair;
}

/** Makes a root, of that name, and an edge CA with fresh EC P-256 keys; takes a few milliseconds. */
export async function createPki(rootName = 'Simulated IoT Edge Root CA'): Promise<Pki> {
  const root = await authority(rootName);
  const edge = await authority('iotedged workload ca', root);
  const edgePem = edge.certificate.toString('pem');
  return {
    rootCertificate: root.certificate.toString('pem'),
    edgeCa: { certificate: edgePem, privateKey: await keyPem(edge.keys), chain: edgePem },
    server: (names, options = {}) => leaf(names, options, options.issuer === 'root' ? root : edge, root),
  };
}

async function authority(name: string, issuer?: Authority): Promise<Authority> {
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: `CN=${name}`,
    issuer: issuer?.certificate.subject ?? `CN=${name}`,
    notBefore: new Date(Date.now() - day),
    notAfter: new Date(Date.now() + 365 * day),
    signingAlgorithm: ecdsa,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create((issuer?.keys ?? keys).publicKey),
    ],
  });
  return { certificate, keys };
}

async function leaf(
  names: readonly string[],
  options: ServerOptions,
  issuer: Authority,
  root: Authority,
): Promise<Certified> {
  const notAfter = options.notAfter ?? new Date(Date.now() + 90 * day);
  const notBefore = options.notBefore ?? new Date(Math.min(Date.now() - hour, notAfter.getTime() - day));
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: [{ CN: [names[0] ?? 'localhost'] }],
    issuer: issuer.certificate.subject,
    notBefore,
    notAfter,
    signingAlgorithm: ecdsa,
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        options.usage === 'client' ? x509.ExtendedKeyUsage.clientAuth : x509.ExtendedKeyUsage.serverAuth,
      ]),
      new x509.SubjectAlternativeNameExtension(
        [...new Set(names)].map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.keys.publicKey),
    ],
  });
  const pem = certificate.toString('pem');
  const intermediates = issuer === root ? '' : `${issuer.certificate.toString('pem')}\n`;
  return { certificate: pem, privateKey: await keyPem(keys), chain: `${pem}\n${intermediates}` };
}

function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}

async function keyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await crypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
}

/** A positive serial number: the first bit stays clear. */
function serial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x01;
  return Buffer.from(bytes).toString('hex');
}
