import { valueOf } from '../facts/fact.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { isStopped, unread } from './host-certificate.ts';

export const estServerHttps = defineCheck({
  id: 'est-server-https',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'check all EST server URLs utilize HTTPS',
  needs: ['hostCertificates', 'hostSockets'],
  judge({ hostCertificates, hostSockets }): Verdict {
    if ('unavailable' in hostCertificates) return skippedFor(hostCertificates);
    const failed = unread(hostCertificates.value, ['certd']) ?? isStopped('certd', valueOf(hostSockets));
    if (failed) return failed;
    const urls = hostCertificates.value.certd?.estUrls ?? [];
    const plain = urls.filter((url) => url.startsWith('http:'));
    if (plain.length === 0) return { status: 'ok', info: { urls } };
    return {
      status: 'warning',
      details: plain.map(
        (url) =>
          `EST server URL "${url}" is configured with unencrypted HTTP, which may expose device to man-in-the-middle attacks.\n` +
          'To clear this warning, configure HTTPS for your EST server and update the URL.',
      ),
      fix: "Give the EST server a certificate, and its URL https: in /etc/aziot/config.toml ([cert_issuance.est.urls]); then 'sudo iotedge config apply'.",
      info: { urls },
    };
  },
});
