import { valueOf } from '../facts/fact.ts';
import { certificateInfo, judgeCertificate, judgeValidity } from './certificate-expiry.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { unread, verdictOf } from './host-certificate.ts';

/** One that its owner put there nobody renews: days. */
const soonPreloaded = 30;
/** One that edged has renewed is worth a word when that is overdue, in the last week; days. */
const soonIssued = 7;
/** That of IoT Edge where its configuration has none: a quickstart's CA lives 30 days and is renewed at 24. */
const usualRenewal = 0.8;

export const edgeCaExpiry = defineCheck({
  id: 'edge-ca-expiry',
  section: 'Field checks',
  title: "the edge CA's certificate is valid for some time",
  needs: ['hostCertificates', 'edgeHubCertificate'],
  judge({ hostCertificates, edgeHubCertificate }, { now }): Verdict {
    const host = valueOf(hostCertificates);
    const id = host?.edgeCa ?? 'aziot-edged-ca';
    const certificate = host?.certificates[id];
    // A certificate that is there counts; one that is not made yet is in use nowhere.
    if (certificate && certificate.state !== 'elsewhere') {
      const complaint = judgeCertificate(
        'Edge CA',
        id,
        certificate,
        now,
        certificate.preloaded ? soonPreloaded : overdue(certificate, host?.edgeCaRenewedAt),
      );
      const told = {
        certificate_info: certificateInfo('Edge CA', id, certificate),
        issued: certificate.issued ?? null,
      };
      return verdictOf(complaint ? [complaint] : [], [], told);
    }
    const presented = valueOf(edgeHubCertificate)?.chain[1];
    if (presented) {
      const [notBefore, notAfter] = [Date.parse(presented.notBefore), Date.parse(presented.notAfter)];
      const complaint = judgeValidity(
        `Edge CA '${presented.subject}'`,
        notBefore,
        notAfter,
        now,
        overdue({ notBefore, notAfter }),
      );
      return verdictOf(complaint ? [complaint] : [], [], {
        indirect: 'As edgeHub presents it.',
        certificate: presented,
      });
    }
    if ('unavailable' in hostCertificates) return skippedFor(hostCertificates);
    const failed = unread(hostCertificates.value, ['certd']);
    return failed ?? verdictOf([], [certificate?.path ?? id], {});
  },
});

/** With fewer days left a renewal has failed: a quarter of the time between it and the end is left for its retries. */
function overdue(life: { readonly notBefore?: number; readonly notAfter?: number }, renewedAt = usualRenewal): number {
  const days = ((life.notAfter ?? 0) - (life.notBefore ?? 0)) / 86_400_000;
  return Math.min(soonIssued, days * (1 - renewedAt) * 0.75);
}
