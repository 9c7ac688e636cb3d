import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { judgeUsed, unread } from './host-certificate.ts';

export const identityCertificateExpiry = defineCheck({
  id: 'identity-certificate-expiry',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'production readiness: identity certificates expiry',
  needs: ['hostCertificates'],
  judge({ hostCertificates }, { now }): Verdict {
    if ('unavailable' in hostCertificates) return skippedFor(hostCertificates);
    const { provisioningMode: mode, identity } = hostCertificates.value;
    const failed = unread(hostCertificates.value, ['identityd']);
    if (failed) return failed;
    const info = { provisioning_mode: mode ?? null, certificate_info: null };
    if (identity === undefined) {
      return { status: 'ignored', why: 'The device does not sign in with a certificate.', info };
    }
    const name = mode === 'dps-x509' ? 'DPS identity' : 'Manual identity';
    return (
      unread(hostCertificates.value, ['certd']) ??
      judgeUsed(hostCertificates, [{ name, id: identity, key: 'certificate_info' }], now, info)
    );
  },
});
