import { judgeValidity } from './certificate-expiry.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

/** edgeHub asks for a new one in the last three minutes, and starts anew for it (its CertificateRenewal). Days. */
const soon = 2 / (24 * 60);

export const edgeHubCertificateExpiry = defineCheck({
  id: 'edge-hub-certificate-expiry',
  section: 'Field checks',
  title: 'the certificate that edgeHub presents is valid',
  needs: ['edgeHubCertificate'],
  judge({ edgeHubCertificate }, { now }): Verdict {
    if ('unavailable' in edgeHubCertificate) return skippedFor(edgeHubCertificate);
    const { host, port, chain } = edgeHubCertificate.value;
    const info = { host, port, chain };
    const [own] = chain;
    if (!own) return { status: 'skipped', reason: 'unreadable', why: 'edgeHub presented no certificate.', info };
    const complaint = judgeValidity(
      `edgeHub's certificate '${own.subject}'`,
      Date.parse(own.notBefore),
      Date.parse(own.notAfter),
      now,
      soon,
    );
    if (!complaint) return { status: 'ok', info };
    return {
      status: complaint.severity,
      details: complaint.details,
      fix: 'RestartModule of edgeHub has it ask for a new one. If that ends as early, the edge CA ends then (check edge-ca-expiry).',
      info,
    };
  },
});
