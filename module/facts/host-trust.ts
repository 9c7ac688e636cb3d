import { messageOf } from '../base/errors.ts';
import type { HostView, TrustStore } from './fact.ts';
import { hostText } from './host-view.ts';

/** Where distributions keep the roots that programs of the host trust, all in one file. The first that exists counts. */
const bundles = [
  // Debian and Ubuntu
  '/etc/ssl/certs/ca-certificates.crt',
  // Red Hat Enterprise Linux
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  // SUSE
  '/etc/ssl/ca-bundle.pem',
  // Alpine
  '/etc/ssl/cert.pem',
];

/** What is bound for it: not all of /etc/ssl and /etc/pki, where private keys lie. */
export const hostStorePaths = [
  '/etc/ssl/certs',
  '/etc/pki/ca-trust/extracted/pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** The host's own trust store, or why there is none, as words that follow another store's name in brackets. */
export async function readHostTrust(
  view: HostView,
  signal: AbortSignal,
): Promise<{ readonly store: TrustStore } | { readonly why: string }> {
  for (const path of bundles) {
    try {
      const text = await hostText(view, path, signal);
      const ca = text?.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
      const count = `${ca?.length} certificate${ca?.length === 1 ? '' : 's'}`;
      if (ca) return { store: { from: `the host's ${path} (${count})`, ca } };
    } catch (error) {
      signal.throwIfAborted();
      return { why: `the host's ${path} could not be read: ${messageOf(error)}` };
    }
  }
  return { why: "the host's own trust store was not found" };
}
