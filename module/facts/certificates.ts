import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import type { PublicRoots } from './public-roots.ts';

/** A certificate that was presented. Times are ISO 8601 in UTC. */
export interface CertificateReading {
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
  readonly sha256: string;
  /** The names of the server's own certificate: `DNS:a, DNS:b`. */
  readonly names?: string;
}

/** What a handshake showed. */
export interface TlsReading {
  /** TLSv1.2, TLSv1.3. */
  readonly protocol: string;
  readonly verified: boolean;
  /** Why not, in OpenSSL's or Node's words. */
  readonly problem?: string;
  /** The server's own certificate first, then its issuers as far as they are known. */
  readonly chain: readonly CertificateReading[];
  /** Whether it is issued under a public root, verified or not. Absent where that was not asked. */
  readonly publicRoot?: boolean;
}

/** A chain longer than this is cut: no honest one is. */
const longestChain = 8;

/** Reads what the other side presented, of a socket whose handshake is done. */
export function readTls(socket: TLSSocket, publicRoots?: PublicRoots): TlsReading {
  const chain: CertificateReading[] = [];
  let last: Buffer | undefined;
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.raw && chain.length < longestChain) {
    chain.push(readCertificate(next, chain.length === 0));
    last = next.raw;
    // A root is its own issuer; one that was sent along is followed by the store's copy of it.
    const issuer: DetailedPeerCertificate | undefined = next.issuerCertificate;
    next = issuer?.fingerprint256 === next.fingerprint256 ? undefined : issuer;
  }
  const problem = socket.authorized ? undefined : problemOf(socket.authorizationError);
  return {
    protocol: socket.getProtocol() ?? '',
    verified: socket.authorized,
    ...(problem === undefined ? {} : { problem }),
    chain,
    ...(publicRoots && last ? { publicRoot: publicRoots.issued(new X509Certificate(last)) } : {}),
  };
}

function readCertificate(certificate: DetailedPeerCertificate, own: boolean): CertificateReading {
  const iso = (text: string) => {
    const time = Date.parse(text);
    return Number.isNaN(time) ? text : new Date(time).toISOString();
  };
  return {
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    notBefore: iso(certificate.valid_from),
    notAfter: iso(certificate.valid_to),
    sha256: certificate.fingerprint256,
    ...(own && certificate.subjectaltname ? { names: certificate.subjectaltname } : {}),
  };
}

/** A distinguished name on one line: `CN=a, O=b`. */
function nameOf(name: object | undefined): string {
  return Object.entries(name ?? {})
    .flatMap(([key, value]) => [value as string | string[]].flat().map((part) => `${key}=${part}`))
    .join(', ');
}

/** Node's typings say Error; at run time it is the code, as a string, for most problems. */
function problemOf(error: unknown): string {
  return error instanceof Error ? ((error as { code?: string }).code ?? error.message) : String(error);
}
