import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { judgeUsed, unread } from './host-certificate.ts';

export const estCertificateExpiry = defineCheck({
  id: 'est-identity-and-bootstrap-certificate-expiry',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'production readiness: EST identity and bootstrap certificates expiry',
  needs: ['hostCertificates'],
  judge({ hostCertificates }, { now }): Verdict {
    if ('unavailable' in hostCertificates) return skippedFor(hostCertificates);
    const failed = unread(hostCertificates.value, ['certd']);
    if (failed) return failed;
    const { estIdentity, estBootstrap } = hostCertificates.value.certd ?? {};
    const info = { identity_certificate_info: null, bootstrap_certificate_info: null };
    if (estIdentity === undefined) {
      return { status: 'ignored', why: 'certd does not sign in at an EST server with a certificate.', info };
    }
    const uses = [
      { name: 'x509 identity', id: estIdentity, key: 'identity_certificate_info' },
      { name: 'x509 bootstrap', id: estBootstrap, key: 'bootstrap_certificate_info' },
    ];
    return judgeUsed(hostCertificates, uses, now, info);
  },
});
