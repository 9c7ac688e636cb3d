import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createHost, type Host, hostSecrets } from '../../sim/host.ts';
import { createPki } from '../../sim/pki.ts';

let host: Host;
let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'host-'));
  host = await createHost({
    dir,
    pki: await createPki(),
    hostname: 'dev1',
    deviceId: 'd1',
    hubHostName: 'h1',
    agentImage: 'registry/agent:1',
    daemonProxy: true,
  });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const read = (path: string) => readFile(join(host.hostRoot, path), 'utf8');

test('the configuration names the device and its hub, and only its owner may read it', async () => {
  expect(await read('etc/aziot/config.toml')).toContain('hostname = "dev1"');
  expect(await read('etc/aziot/identityd/config.d/00-super.toml')).toContain('iothub_hostname = "h1"');
  expect((await stat(join(host.hostRoot, 'etc/aziot/config.toml'))).mode & 0o777).toBe(0o600);
  expect(JSON.parse(await read('etc/docker/daemon.json'))).toHaveProperty('dns');
});

test('secrets are planted where a device has them', async () => {
  expect(await read('etc/aziot/config.toml')).toContain(hostSecrets.deviceKey);
  expect(await read('etc/aziot/edged/config.d/00-super.toml')).toContain(hostSecrets.registryPassword);
  expect(await read('etc/systemd/system/aziot-edged.service.d/proxy.conf')).toContain(hostSecrets.proxyPassword);
});

test("certd's folder holds the device's certificates under certd's names", async () => {
  const folder = 'var/lib/aziot/certd/certs';
  const files = await readdir(join(host.hostRoot, folder));
  // printf aziot-edged-ca | sha256sum
  expect(files).toContain('aziotedgedca-86f154be7ff14480027f0d00c59c223db6d9e4ab0b559fc523cca36a7c973d6d.cer');
  for (const file of files) {
    const certificate = new X509Certificate(await read(join(folder, file)));
    expect(certificate.validToDate.getTime()).toBeGreaterThan(Date.now());
  }
});

test('the journal is there exactly when the program that writes it is installed', async () => {
  const programs = ['/lib/systemd/systemd-journal-remote', '/usr/lib/systemd/systemd-journal-remote'];
  expect(host.journal).toBe(programs.some((path) => existsSync(path)));
  if (host.journal) expect(await readdir(join(host.hostRoot, 'var/log/journal'))).toHaveLength(1);
});
