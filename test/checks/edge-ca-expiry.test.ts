import { defaultCheckOptions } from '../../module/checks/check.ts';
import { edgeCaExpiry } from '../../module/checks/edge-ca-expiry.ts';
import { edgeHubCertificateExpiry } from '../../module/checks/edge-hub-certificate-expiry.ts';
import { type Certificates, certificate, day, keptAt, presented, readCertificates } from './support/certificates.ts';
import { noHost } from './support/readings.ts';

const options = { ...defaultCheckOptions, now: new Date() };
const absent = { unavailable: 'unreadable', why: 'edgeHub presents no certificate' } as const;
const judge = (hostCertificates: Certificates, edgeHubCertificate: ReturnType<typeof presented> = absent) =>
  edgeCaExpiry.judge({ hostCertificates, edgeHubCertificate }, options);
const issued = '[cert_issuance.aziot-edged-ca]\nmethod = "self_signed"\n';

test('F68: an edge CA that expires in 3 days is a warning', async () => {
  const files = { [keptAt('aziot-edged-ca')]: await certificate({ from: -27 * day, to: 3 * day + 60_000 }) };
  expect(judge(await readCertificates({ certd: issued }, files))).toMatchObject({
    status: 'warning',
    details: [expect.stringMatching(/^Edge CA 'aziot-edged-ca' will expire soon \(.*, in 3 days\)$/)],
    info: { issued: 'self_signed' },
  });
});

test('one that IoT Edge renews may end in three weeks, one that was put there may not', async () => {
  const pem = await certificate({ to: 21 * day });
  expect(judge(await readCertificates({ certd: issued }, { [keptAt('aziot-edged-ca')]: pem }))).toMatchObject({
    status: 'ok',
  });
  const certd = '[preloaded_certs]\naziot-edged-ca = "file:///etc/aziot/certificates/ca.pem"\n';
  expect(judge(await readCertificates({ certd }, { '/etc/aziot/certificates/ca.pem': pem }))).toMatchObject({
    status: 'warning',
  });
});

test.each([
  // A quickstart's: renewed at 80 % of its life, then tried again at each 4 %.
  [25, 5, '80%', 'ok'],
  [26, 4, '80%', 'warning'],
  [27, 3, '90%', 'ok'],
  [28, 2, '90%', 'warning'],
  // expiry_days = 1
  [0.5, 0.5, '80%', 'ok'],
  [0.9, 0.1, '80%', 'warning'],
  // A long life: the last week, whatever the part of the life.
  [350, 15, '80%', 'ok'],
  [359, 6, '80%', 'warning'],
  [26, 4, undefined, 'warning'],
])('issued %d days ago with %d to go and renewed at %s: %s', async (since, left, threshold, status) => {
  const files = { [keptAt('aziot-edged-ca')]: await certificate({ from: -since * day, to: left * day }) };
  const edged = threshold === undefined ? '' : `[edge_ca.auto_renew]\nrotate_key = true\nthreshold = "${threshold}"\n`;
  expect(judge(await readCertificates({ certd: issued, edged }, files))).toMatchObject({ status });
});

test.each([
  ['1.4 and newer', '[edge_ca]\ncert = "site-ca"\nkey = "site-ca"\n'],
  ['older', 'edge_ca_cert = "site-ca"\nedge_ca_key = "site-ca"\n'],
])('edged may name another one, as IoT Edge %s has it', async (_, edged) => {
  const files = { [keptAt('site-ca')]: await certificate({ to: -day }) };
  expect(judge(await readCertificates({ certd: issued, edged }, files))).toMatchObject({
    status: 'failed',
    details: [expect.stringMatching(/^Edge CA 'site-ca' expired at /)],
  });
});

test('without the host, what edgeHub presents is judged', () => {
  expect(judge(noHost, presented(20, 300))).toMatchObject({
    status: 'ok',
    info: { indirect: 'As edgeHub presents it.' },
  });
  expect(judge(noHost, presented(20, -1))).toMatchObject({
    status: 'failed',
    details: [expect.stringMatching(/^Edge CA 'CN=edge ca' expired at /)],
  });
  expect(judge(noHost)).toMatchObject({ status: 'skipped', reason: 'host-access-off' });
});

test.each([
  [20, 'ok'],
  // As by design, once in the 30 days of its life.
  [0.5, 'ok'],
  [0.001, 'warning'],
  [-0.5, 'failed'],
])('edgeHub’s own certificate with %d days left is %s', (days, status) => {
  const verdict = edgeHubCertificateExpiry.judge({ edgeHubCertificate: presented(days, 300) }, options);
  expect(verdict).toMatchObject({ status, info: { port: 8883 } });
});

test('edgeHub that presents none is skipped', () => {
  expect(edgeHubCertificateExpiry.judge({ edgeHubCertificate: absent }, options)).toMatchObject({
    reason: 'unreadable',
  });
});
