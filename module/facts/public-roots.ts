import { X509Certificate } from 'node:crypto';
import { getCACertificates } from 'node:tls';

/** The roots that the web trusts, as Node brings them along: those that Azure's certificates are issued under. */
export interface PublicRoots {
  /** Whether a certificate is one of them or was signed by one; for the last certificate of a chain. */
  issued(certificate: X509Certificate): boolean;
}

/** Reads them all, which takes a few milliseconds: once per reading, not per handshake. */
export function readPublicRoots(): PublicRoots {
  const roots = getCACertificates('bundled').map((pem) => new X509Certificate(pem));
  const bySubject = Map.groupBy(roots, ({ subject }) => subject);
  return {
    issued: (certificate) =>
      (bySubject.get(certificate.issuer) ?? []).some((root) => certificate.verify(root.publicKey)),
  };
}
