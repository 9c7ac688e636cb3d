import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { defaultCheckOptions } from '../../module/checks/check.ts';
import { identityCertificateExpiry } from '../../module/checks/identity-certificate-expiry.ts';
import {
  type Certificates,
  certificate,
  day,
  dpsX509,
  hour,
  keptAt,
  readCertificates,
} from './support/certificates.ts';
import { noHost } from './support/readings.ts';

const judge = (hostCertificates: Certificates) =>
  identityCertificateExpiry.judge({ hostCertificates }, { ...defaultCheckOptions, now: new Date() });
const withKept = async (pem: string) =>
  judge(await readCertificates({ identityd: dpsX509 }, { [keptAt('device-id')]: pem }));

test('F19: a certificate that expires in 6 days and 23 hours is a warning', async () => {
  const verdict = await withKept(await certificate({ to: 7 * day - hour }));
  expect(verdict).toMatchObject({
    status: 'warning',
    details: [
      expect.stringMatching(/^DPS identity 'device-id' will expire soon \(\d{4}-\d\d-\d\d [\d:]{8} UTC, in 6 days\)$/),
    ],
    info: { provisioning_mode: 'dps-x509', certificate_info: { cert_name: 'DPS identity', cert_id: 'device-id' } },
  });
});

test('F20: one that expires in 8 days is ok', async () => {
  expect(await withKept(await certificate({ to: 8 * day }))).toMatchObject({ status: 'ok' });
});

test('F21: one that expired yesterday is an error', async () => {
  expect(await withKept(await certificate({ to: -day }))).toMatchObject({
    status: 'failed',
    details: [expect.stringMatching(/^DPS identity 'device-id' expired at /)],
  });
});

test('F22: one that is valid from tomorrow is an error', async () => {
  expect(await withKept(await certificate({ from: day, to: 9 * day }))).toMatchObject({
    status: 'failed',
    details: [expect.stringMatching(/^DPS identity 'device-id' has not-before time .* which is in the future$/)],
  });
});

test('F23: without a certificate to sign in it is ignored, with the mode', async () => {
  const identityd = '[provisioning]\nsource = "dps"\n[provisioning.attestation]\nmethod = "symmetric_key"\n';
  expect(judge(await readCertificates({ identityd }))).toMatchObject({
    status: 'ignored',
    info: { provisioning_mode: 'dps-other', certificate_info: null },
  });
});

test('F24: an id that is neither preloaded nor issued, without a file, is an error', async () => {
  expect(judge(await readCertificates({ identityd: dpsX509 }))).toMatchObject({
    status: 'failed',
    details: [
      'DPS identity certificate is neither preloaded nor configured to be dynamically issued, and thus cannot be used.',
    ],
  });
});

test('F25: one that is issued by EST and not yet on the disk is ok', async () => {
  const certd = '[cert_issuance.device-id]\nmethod = "est"\n';
  expect(judge(await readCertificates({ identityd: dpsX509, certd }))).toEqual({
    status: 'ok',
    info: { provisioning_mode: 'dps-x509', certificate_info: null },
  });
});

test('manual provisioning has its own name, and a preloaded file its own path', async () => {
  const identityd = dpsX509.replace('"dps"', '"manual"').replace('attestation', 'authentication');
  const certd = '[preloaded_certs]\ndevice-id = "file:///var/aziot/certs/device%20id.pem"\n';
  const files = { '/var/aziot/certs/device id.pem': await certificate({ to: -day }) };
  expect(judge(await readCertificates({ identityd, certd }, files))).toMatchObject({
    details: [expect.stringMatching(/^Manual identity 'device-id' expired/)],
    info: { provisioning_mode: 'manual-x509' },
  });
  expect(judge(await readCertificates({ identityd, certd }))).toMatchObject({
    status: 'failed',
    details: ['could not stat /var/aziot/certs/device id.pem', 'There is no such file.'],
  });
});

test('what aziotcs may not read is an error that names the first obstacle', async () => {
  const path = keptAt('device-id');
  const files = { [path]: await certificate({ to: 90 * day }) };
  const shut = async (which: string, mode: number) =>
    judge(await readCertificates({ identityd: dpsX509 }, files, (at) => chmod(at(which), mode)));
  const user = 'user aziotcs (uid 997, gid 997), see https://aka.ms/iotedge/cert-permissions';
  expect(await shut(path, 0o600)).toMatchObject({ status: 'failed', details: [`${path} is not readable by ${user}`] });
  const folder = dirname(path);
  expect(await shut(folder, 0o700)).toMatchObject({ details: [`${folder} is not readable by ${user}`] });
});

test('what is no certificate is an error, without any of its text', async () => {
  const verdict = await withKept('-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n');
  expect(verdict).toMatchObject({
    status: 'failed',
    details: [expect.stringMatching(/could not parse .* as a valid \.pem/)],
  });
  expect(JSON.stringify(verdict)).not.toContain('hunter2');
});

test('what is no file of a sensible size is an error, and a pipe is not waited for', async () => {
  const path = keptAt('device-id');
  const details = ['Could not open cert file.', `${path} is no file of at most 1 MB`];
  const huge = await readCertificates({ identityd: dpsX509 }, { [path]: 'x'.repeat(2 ** 20 + 1) });
  expect(judge(huge)).toMatchObject({ status: 'failed', details });
  const pipe = await readCertificates({ identityd: dpsX509 }, {}, async (at) => {
    await mkdir(dirname(at(path)), { recursive: true });
    execFileSync('mkfifo', [at(path)]);
  });
  expect(judge(pipe)).toMatchObject({ status: 'failed', details });
});

test('what lies elsewhere, itself or by a link, is not looked at, and that is said', async () => {
  const certd = '[preloaded_certs]\ndevice-id = "file:///home/me/device.pem"\n';
  const files = { '/home/me/device.pem': await certificate({ to: -day }) };
  expect(judge(await readCertificates({ identityd: dpsX509, certd }, files))).toMatchObject({
    status: 'skipped',
    reason: 'mount-missing',
    why: expect.stringContaining('/home/me/device.pem'),
  });
  const linked = await readCertificates({ identityd: dpsX509 }, {}, async (at) => {
    await mkdir(dirname(at(keptAt('device-id'))), { recursive: true });
    await symlink('/not/bound/device.pem', at(keptAt('device-id')));
  });
  expect(judge(linked)).toMatchObject({ status: 'skipped', reason: 'mount-missing' });
});

test('links are followed as on the host, of files and of folders', async () => {
  const certd = '[preloaded_certs]\ndevice-id = "file:///var/aziot/certs/current/device.pem"\n';
  const file = '/etc/aziot/certificates/2026/device-7.pem';
  const files = { [file]: await certificate({ to: -day }) };
  const linked = (folder: string, change: (at: (path: string) => string) => Promise<void> = async () => undefined) =>
    readCertificates({ identityd: dpsX509, certd }, files, async (at) => {
      await mkdir(at('/var/aziot/certs'), { recursive: true });
      await symlink(folder, at('/var/aziot/certs/current'));
      await symlink('device-7.pem', at(`${dirname(file)}/device.pem`));
      await change(at);
    });
  const expired = { status: 'failed', details: [expect.stringMatching(/^DPS identity 'device-id' expired at /)] };
  expect(judge(await linked(dirname(file)))).toMatchObject(expired);
  expect(judge(await linked('../../../etc/aziot/certificates/2026'))).toMatchObject(expired);
  expect(judge(await linked('/opt/certs'))).toMatchObject({ status: 'skipped', reason: 'mount-missing' });
  expect(judge(await linked('current'))).toMatchObject({
    details: ['Could not open cert file.', expect.stringContaining('ELOOP')],
  });
  expect(judge(await linked(dirname(file), (at) => chmod(at(dirname(file)), 0o700)))).toMatchObject({
    details: [expect.stringMatching(/^\/etc\/aziot\/certificates\/2026 is not readable by user aziotcs/)],
  });
});

test('F4: with a syntax error in certd’s configuration it is skipped where it matters', async () => {
  expect(judge(await readCertificates({ identityd: dpsX509, certd: '[cert_issuance' }))).toMatchObject({
    status: 'skipped',
    reason: 'previous-failure',
  });
  expect(judge(await readCertificates({ certd: '[cert_issuance' }))).toMatchObject({ status: 'ignored' });
  expect(judge(await readCertificates({ identityd: 'x = = 1' }))).toMatchObject({ status: 'skipped' });
});

test('skipped without the host', () => {
  expect(judge(noHost)).toMatchObject({ status: 'skipped', reason: 'host-access-off' });
});
