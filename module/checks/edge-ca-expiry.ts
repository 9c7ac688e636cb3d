import { valueOf } from '../facts/fact.ts';
import { certificateInfo, judgeCertificate, judgeValidity } from './certificate-expiry.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { unread, verdictOf } from './host-certificate.ts';

/** edged has a certificate that certd issues renewed long before; one that its owner put there nobody renews. Days. */
const soonIssued = 7;
const soonPreloaded = 30;

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
        certificate.preloaded ? soonPreloaded : soonIssued,
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
      const complaint = judgeValidity(`Edge CA '${presented.subject}'`, notBefore, notAfter, now, soonIssued);
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
