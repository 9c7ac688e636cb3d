import { type Fact, Unavailable } from './fact.ts';

/** The certificates that certd knows, by their ids: public facts only. */
export interface HostCertificatesReading {
  readonly certificates: Readonly<Record<string, HostCertificate>>;
}

export interface HostCertificate {
  readonly id: string;
  /** Its file on the device. */
  readonly path: string;
  /** Named under preloaded_certs. */
  readonly preloaded: boolean;
  /** How it is issued when it is not there: est, self_signed, local_ca. */
  readonly issuance?: string;
  readonly found: boolean;
  /** Of the first certificate in the file; ISO 8601 in UTC. */
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly subject?: string;
  readonly issuer?: string;
  /** Why it cannot be used although it is there: not readable by the daemon, no certificate, several preloaded. */
  readonly problem?: string;
}

export const hostCertificates: Fact<HostCertificatesReading> = {
  about: "Reading the certificates of the device's daemons",
  from: 'host',
  mounts: () => ['/etc/aziot', '/var/lib/aziot/certd', '/var/aziot/certs', '/etc/passwd'],
  read: async () => {
    throw new Unavailable('not-supported', 'Not there yet.');
  },
};
