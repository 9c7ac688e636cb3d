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
    const { certd, certificates } = hostCertificates.value;
    const { est, estOfOne = [] } = certd ?? {};
    const signIns = [...(est ? [est] : []), ...estOfOne];
    const info = { identity_certificate_info: null, bootstrap_certificate_info: null };
    if (signIns.length === 0) {
      return { status: 'ignored', why: 'certd does not sign in at an EST server with a certificate.', info };
    }
    const uses = signIns.flatMap(({ identity, bootstrap }, at) => {
      const key = (of: string) => `${of}_certificate_info${at === 0 ? '' : `_${at + 1}`}`;
      return [
        { name: 'x509 identity', id: identity, key: key('identity') },
        { name: 'x509 bootstrap', id: bootstrap, key: key('bootstrap') },
      ];
    });
    const verdict = judgeUsed(hostCertificates, uses, now, info);
    // The original looks only at what all certificates have in common, and takes no account of the bootstrap's purpose.
    if (!est) return { ...verdict, iotedgeCheck: 'ignored' };
    const notAskedYet = certificates[est.identity]?.state === 'missing' && certd?.issued[est.identity] === undefined;
    return notAskedYet && verdict.status === 'ok' ? { ...verdict, iotedgeCheck: 'error' } : verdict;
  },
});
