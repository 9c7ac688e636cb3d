import type { CertdConfig } from '../facts/certd-config.ts';
import { judgeCertificate } from './certificate-expiry.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { unread, verdictOf } from './host-certificate.ts';

export const certsPreloaded = defineCheck({
  id: 'certs-preloaded',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'preloaded certificates are valid',
  needs: ['hostCertificates'],
  judge({ hostCertificates }, { now }): Verdict {
    if ('unavailable' in hostCertificates) return skippedFor(hostCertificates);
    const failed = unread(hostCertificates.value, ['certd']);
    if (failed) return failed;
    const { certd, certificates } = hostCertificates.value;
    const preloaded = Object.entries(certificates).filter(([, { preloaded: own }]) => own);
    const repeated = Object.keys(certd?.preloaded ?? {}).filter((id) => leadsToItself(id, certd?.preloaded ?? {}));
    const complaints = [
      ...repeated.map((id) => ({
        severity: 'failed' as const,
        details: [`preloaded cert "${id}" has been defined more than once`],
      })),
      // The original's messages have no name.
      ...preloaded.flatMap(([id, one]) => judgeCertificate('', id, one, now) ?? []),
    ];
    const elsewhere = preloaded.flatMap(([, { state, path = '' }]) => (state === 'elsewhere' ? [path] : []));
    return verdictOf(complaints, elsewhere, { certificates: preloaded.map(([id, { path }]) => ({ id, path })) });
  },
});

/** Whether an id stands, directly or by others, for itself. */
function leadsToItself(start: string, preloaded: CertdConfig['preloaded']): boolean {
  const seen = new Set<string>();
  const follow = (id: string): boolean => {
    const target = preloaded[id];
    if (target === undefined || typeof target === 'string' || seen.has(id)) return false;
    seen.add(id);
    return target.some((next) => next === start || follow(next));
  };
  return follow(start);
}
