import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { judgeUsed, unread } from './host-certificate.ts';

export const localCaCertificateExpiry = defineCheck({
  id: 'local-ca-certificate-expiry',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'production readiness: Local CA certificates expiry',
  needs: ['hostCertificates'],
  judge({ hostCertificates }, { now }): Verdict {
    if ('unavailable' in hostCertificates) return skippedFor(hostCertificates);
    const failed = unread(hostCertificates.value, ['certd']);
    if (failed) return failed;
    const id = hostCertificates.value.certd?.localCa;
    const info = { certificate_info: null };
    if (id === undefined) return { status: 'ignored', why: 'certd has no local CA.', info };
    return judgeUsed(hostCertificates, [{ name: 'Local CA', id, key: 'certificate_info' }], now, info);
  },
});
