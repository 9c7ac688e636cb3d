import { certsMatchPrivateKeys } from '../../module/checks/certs-match-private-keys.ts';
import { certsPreloaded } from '../../module/checks/certs-preloaded.ts';
import { certsRead } from '../../module/checks/certs-read.ts';
import { defaultCheckOptions } from '../../module/checks/check.ts';
import { estCertificateExpiry } from '../../module/checks/est-identity-and-bootstrap-certificate-expiry.ts';
import { estServerHttps } from '../../module/checks/est-server-https.ts';
import { identityCertificateExpiry } from '../../module/checks/identity-certificate-expiry.ts';
import { keyPairsRead } from '../../module/checks/key-pairs-read.ts';
import { localCaCertificateExpiry } from '../../module/checks/local-ca-certificate-expiry.ts';
import { readFacts } from '../../module/facts/index.ts';
import { hostWith } from '../facts/support/host-files.ts';
import { worldWith } from '../facts/support/world.ts';
import { certificate, day, keptAt, readCertificates } from './support/certificates.ts';
import { hostSockets, noHost } from './support/readings.ts';

/* The checks over what certd's configuration says, from real files. */

const options = { ...defaultCheckOptions, now: new Date() };
const preloadedCerts = '[preloaded_certs]\na = "file:///etc/aziot/certificates/a.pem"\nboth = ["a", "b"]\n';
const read = async (certd: string, files: Readonly<Record<string, string>> = {}) => readCertificates({ certd }, files);

test('EST: the identity and the bootstrap certificate, each by its name', async () => {
  const certd = '[cert_issuance.est]\nidentity_cert = "est-id"\nbootstrap_identity_cert = "est-bootstrap"\n';
  const files = {
    [keptAt('est-id')]: await certificate({ to: 90 * day }),
    [keptAt('est-bootstrap')]: await certificate({ to: -day }),
  };
  expect(estCertificateExpiry.judge({ hostCertificates: await read(certd, files) }, options)).toMatchObject({
    status: 'failed',
    details: [expect.stringMatching(/^x509 bootstrap 'est-bootstrap' expired at /)],
    info: {
      identity_certificate_info: { cert_id: 'est-id' },
      bootstrap_certificate_info: { cert_name: 'x509 bootstrap' },
    },
  });
  const none = await read('[cert_issuance.est]\nusername = "u"\npassword = "hunter2"\n');
  expect(estCertificateExpiry.judge({ hostCertificates: none }, options)).toMatchObject({ status: 'ignored' });
  expect(JSON.stringify(none)).not.toContain('hunter2');
});

test('EST: a certificate may have a sign-in of its own, at which the original does not look', async () => {
  const own = (id: string) =>
    `[cert_issuance.${id}]\nmethod = "est"\nusername = "u"\npassword = "hunter2"\n` +
    'identity_cert = "est-id"\nbootstrap_identity_cert = "boot"\n';
  const certd = `${own('aziot-edged-ca')}${own('aziot-edged-ca-temp')}[preloaded_certs]\nboot = "file:///var/aziot/certs/boot.pem"\n`;
  const files = { '/var/aziot/certs/boot.pem': await certificate({ to: -day }) };
  const hostCertificates = await read(certd, files);
  expect(estCertificateExpiry.judge({ hostCertificates }, options)).toMatchObject({
    status: 'failed',
    details: [expect.stringMatching(/^x509 bootstrap 'boot' expired at /)],
    info: { identity_certificate_info: null, bootstrap_certificate_info: { cert_id: 'boot' } },
    iotedgeCheck: 'ignored',
  });
  expect(JSON.stringify(hostCertificates)).not.toContain('hunter2');
});

test('EST: an identity that its bootstrap certificate is still to fetch is no fault', async () => {
  const certd =
    '[cert_issuance.est]\nidentity_cert = "est-id"\nbootstrap_identity_cert = "boot"\n' +
    '[preloaded_certs]\nboot = "file:///var/aziot/certs/boot.pem"\n';
  const files = { '/var/aziot/certs/boot.pem': await certificate({ to: 90 * day }) };
  expect(estCertificateExpiry.judge({ hostCertificates: await read(certd, files) }, options)).toMatchObject({
    status: 'ok',
    iotedgeCheck: 'error',
  });
});

test('the local CA', async () => {
  const certd = '[cert_issuance.local_ca]\ncert = "my-ca"\npk = "my-ca"\n';
  const files = { [keptAt('my-ca')]: await certificate({ to: 5 * day + 1000 }) };
  expect(localCaCertificateExpiry.judge({ hostCertificates: await read(certd, files) }, options)).toMatchObject({
    status: 'warning',
    details: [expect.stringMatching(/^Local CA 'my-ca' will expire soon \(.*, in 5 days\)$/)],
  });
  expect(localCaCertificateExpiry.judge({ hostCertificates: await read('') }, options)).toMatchObject({
    status: 'ignored',
  });
});

test('preloaded certificates that are there and valid are fine, lists of ids included', async () => {
  const files = { '/etc/aziot/certificates/a.pem': await certificate({ to: 90 * day }) };
  const hostCertificates = await read(preloadedCerts, files);
  expect(certsPreloaded.judge({ hostCertificates }, options)).toEqual({
    status: 'ok',
    info: { certificates: [{ id: 'a', path: '/etc/aziot/certificates/a.pem' }] },
  });
  expect(certsRead.judge({ hostCertificates, hostSockets: hostSockets() }, options)).toMatchObject({
    status: 'ok',
    info: { indirect: expect.any(String), certificates: ['a'] },
  });
});

test('F26: a preloaded certificate with another scheme than file is an error', async () => {
  const hostCertificates = await read('[preloaded_certs]\nhsm = "pkcs11:token=t;pin-value=1234"\n');
  const verdict = certsPreloaded.judge({ hostCertificates }, options);
  expect(verdict).toMatchObject({
    status: 'failed',
    details: ['preloaded cert "hsm" has a scheme other than `file://`'],
  });
  expect(JSON.stringify([hostCertificates, verdict])).not.toContain('1234');
});

test('an expired one has a message without a name, and ids that lead to themselves are an error', async () => {
  const certd = `${preloadedCerts}x = ["y"]\ny = ["x"]\n`;
  const files = { '/etc/aziot/certificates/a.pem': await certificate({ to: -day }) };
  expect(certsPreloaded.judge({ hostCertificates: await read(certd, files) }, options)).toMatchObject({
    details: [
      'preloaded cert "x" has been defined more than once',
      'preloaded cert "y" has been defined more than once',
      expect.stringMatching(/^'a' expired at /),
    ],
  });
});

test('a later certificate of a file that cannot be read fails the reading alone', async () => {
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const files = { '/etc/aziot/certificates/a.pem': (await certificate({ to: 90 * day })) + broken };
  const hostCertificates = await read(preloadedCerts, files);
  expect(certsRead.judge({ hostCertificates, hostSockets: hostSockets() }, options)).toMatchObject({
    status: 'failed',
    details: [
      'could not load cert with ID "a"',
      'could not parse all of /etc/aziot/certificates/a.pem as a valid .pem',
    ],
  });
  expect(certsPreloaded.judge({ hostCertificates }, options)).toMatchObject({ status: 'ok' });
});

test('F29: an EST server that is asked over HTTP is a warning, without its password', async () => {
  const certd =
    '[cert_issuance.est.urls]\ndefault = "https://est.example/x"\nold = "http://me:hunter2@est.example/x?code=1"\n' +
    '[cert_issuance.device-id]\nmethod = "est"\nurl = "http://other.example/"\n';
  const hostCertificates = await read(certd);
  const verdict = estServerHttps.judge({ hostCertificates, hostSockets: noHost }, options);
  expect(verdict).toMatchObject({
    status: 'warning',
    details: [
      expect.stringMatching(/^EST server URL "http:\/\/est\.example\/x" is configured with unencrypted HTTP/),
      expect.stringMatching(/^EST server URL "http:\/\/other\.example\/"/),
    ],
  });
  expect(JSON.stringify([hostCertificates, verdict])).not.toContain('hunter2');
  const https = await read('[cert_issuance.est.urls]\ndefault = "https://est.example/x"\n');
  expect(estServerHttps.judge({ hostCertificates: https, hostSockets: noHost }, options)).toMatchObject({
    status: 'ok',
  });
});

test('F27: with certd stopped what asks it is skipped, as in the original; F4: so it is with a broken configuration', async () => {
  const stopped = { hostCertificates: await read(preloadedCerts), hostSockets: hostSockets('/run/aziot/certd.sock') };
  const broken = { hostCertificates: await read('[x'), hostSockets: hostSockets() };
  for (const facts of [stopped, broken]) {
    for (const check of [certsRead, estServerHttps]) {
      expect(check.judge(facts, options)).toMatchObject({ status: 'skipped', reason: 'previous-failure' });
    }
  }
  for (const check of [estCertificateExpiry, localCaCertificateExpiry, certsPreloaded]) {
    expect(check.judge(broken, options)).toMatchObject({ status: 'skipped', reason: 'previous-failure' });
    expect(check.judge({ hostCertificates: noHost }, options)).toMatchObject({ reason: 'host-access-off' });
  }
});

test('F2: without /etc/aziot all that judges certificates is skipped, with reason mount-missing', async () => {
  await using device = await hostWith({}, { missing: ['/etc/aziot'] });
  const { hostCertificates } = await readFacts(['hostCertificates'], worldWith({ host: device.host }));
  const facts = { hostCertificates, hostSockets: hostSockets() };
  const all = [identityCertificateExpiry, estCertificateExpiry, localCaCertificateExpiry, certsPreloaded, certsRead];
  for (const check of [...all, estServerHttps]) {
    expect(check.judge(facts, options)).toMatchObject({ status: 'skipped', reason: 'mount-missing' });
  }
});

test('private keys are not looked at: always skipped, with the reason', () => {
  for (const check of [keyPairsRead, certsMatchPrivateKeys]) {
    expect(check.judge({}, options)).toMatchObject({ status: 'skipped', reason: 'not-supported' });
  }
});
