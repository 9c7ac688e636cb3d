import { createSecureContext } from 'node:tls';
import type { CertificateReading } from './certificates.ts';
import { dial } from './dial.ts';
import { type Fact, targetsOf, Unavailable } from './fact.ts';
import { addressesOf, readAddresses } from './lookup.ts';

/** The certificates that this device's edgeHub presents. */
export interface EdgeHubCertificateReading {
  readonly host: string;
  readonly port: number;
  /** The server's own first, then its issuers as far as they were sent. */
  readonly chain: readonly CertificateReading[];
}

export const edgeHubCertificate: Fact<EdgeHubCertificateReading> = {
  about: "Looking at edgeHub's certificate",
  from: 'edge',
  async read(world, signal, limitMs) {
    const host = world.env.gatewayHostname;
    if (host === undefined) throw new Unavailable('unknown', 'IOTEDGE_GATEWAYHOSTNAME is not set.');
    const found = readAddresses(host, limitMs * 0.3, signal);
    // Not verified here: when it ends is what is asked.
    const common = { host, addresses: () => addressesOf(found), secureContext: createSecureContext(), now: world.now };
    const { mqtt, https } = targetsOf(world).ports;
    const problems: string[] = [];
    for (const port of [mqtt, https]) {
      const { tls, error = 'no TLS' } = await dial({ ...common, port }, limitMs * 0.3, signal);
      if (tls) return { host, port, chain: tls.chain };
      problems.push(`${host}:${port}: ${error}`);
    }
    throw new Unavailable('unreadable', `edgeHub presents no certificate: ${problems.join('; ')}`);
  },
};
