import { valueOf } from '../facts/fact.ts';
import type { HostCertificate } from '../facts/host-certificates.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { isStopped, unread } from './host-certificate.ts';

export const certsRead = defineCheck({
  id: 'certs-read',
  section: 'Configuration checks (aziot-identity-service)',
  title: 'read all preloaded certificates from the Certificates Service',
  needs: ['hostCertificates', 'hostSockets'],
  judge({ hostCertificates, hostSockets }): Verdict {
    if ('unavailable' in hostCertificates) return skippedFor(hostCertificates);
    const failed = unread(hostCertificates.value, ['certd']) ?? isStopped('certd', valueOf(hostSockets));
    if (failed) return failed;
    const preloaded = Object.entries(hostCertificates.value.certificates).filter(([, { preloaded: own }]) => own);
    const info = { indirect: 'Read from their files, not through certd.', certificates: preloaded.map(([id]) => id) };
    const broken = preloaded.filter(
      ([, { state, brokenLater }]) => state === 'bad' || state === 'missing' || brokenLater === true,
    );
    if (broken.length > 0) {
      return {
        status: 'failed',
        details: broken.flatMap(([id, one]) => [`could not load cert with ID "${id}"`, ...reasons(one)]),
        fix: 'Put a PEM file that aziotcs may read where the configuration says, or take the entry out of preloaded_certs.',
        info,
      };
    }
    const elsewhere = preloaded.flatMap(([, { state, path = '' }]) => (state === 'elsewhere' ? [path] : []));
    if (elsewhere.length === 0) return { status: 'ok', info };
    const why = `It is not looked at where certificates lie elsewhere than usual: ${elsewhere.join(', ')}.`;
    return { status: 'skipped', reason: 'mount-missing', why, info };
  },
});

function reasons({ problem = [], path = 'by its URI', state }: HostCertificate): readonly string[] {
  if (problem.length > 0) return problem;
  return [state === 'found' ? `could not parse all of ${path} as a valid .pem` : `there is no file ${path}`];
}
