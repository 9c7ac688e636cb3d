import { mkdir } from 'node:fs/promises';
import { release } from 'node:os';
import { readFacts } from '../../module/facts/index.ts';
import type { JournalReading } from '../../module/facts/journal.ts';
import { type HostFiles, hostWith } from './support/host-files.ts';
import { worldWith } from './support/world.ts';

const read = async ({ host }: HostFiles) => {
  const { hostSystem } = await readFacts(['hostSystem'], worldWith({ host }));
  if (!('value' in hostSystem)) throw new Error(hostSystem.why);
  return hostSystem.value;
};

const dpkg = `Package: aziot-edge
Status: install ok installed
Version: 1.5.21-1

Package: aziot-identity-service
Status: deinstall ok config-files
Version: 1.5.6-1

Package: moby-engine
Status: install ok installed
Description: a package
 Version: not this one
Version: 28.3.3-ubuntu24.04u1

Package: foreign
Status: install ok installed
Version: 9
`;

test('os-release, the kernel, when it was started, and the packages that matter', async () => {
  await using device = await hostWith({
    '/usr/lib/os-release':
      'NAME="Ubuntu"\nPRETTY_NAME="Ubuntu 24.04 \\"x\\""\nVERSION_ID="24.04"\nID=ubuntu\nBUILD_ID=7\n',
    '/var/lib/dpkg/status': dpkg,
  });
  const reading = await read(device);
  expect(reading).toMatchObject({
    os: { id: 'ubuntu', versionId: '24.04', prettyName: 'Ubuntu 24.04 "x"', buildId: '7' },
    kernel: release(),
    packages: { versions: { 'aziot-edge': '1.5.21-1', 'moby-engine': '28.3.3-ubuntu24.04u1' } },
    journal: 'none',
  });
  expect(reading.packages).toEqual({ versions: { 'aziot-edge': '1.5.21-1', 'moby-engine': '28.3.3-ubuntu24.04u1' } });
  expect(Date.parse(reading.bootedAt ?? '')).toBeLessThan(Date.now());
});

test('a status file of many megabytes is read to its end', async () => {
  const filler = `Package: filler\nStatus: install ok installed\nDescription: ${'x'.repeat(2000)}\nVersion: 1\n\n`;
  await using device = await hostWith({ '/var/lib/dpkg/status': filler.repeat(5000) + dpkg });
  expect((await read(device)).packages).toMatchObject({ versions: { 'aziot-edge': '1.5.21-1' } });
});

test.each([['bound'], ['missing']])('where packages are not those of Debian, nothing is claimed (%s)', async (how) => {
  await using device = await hostWith({}, { missing: how === 'missing' ? ['/var/lib/dpkg/status'] : [] });
  const { packages, os } = await read(device);
  expect(packages).toEqual({ unknown: expect.stringMatching(/^The host has no \/var\/lib\/dpkg\/status: /) });
  expect(os).toEqual({ id: 'linux' });
});

const config = (storage: string) => `# Storage=none\n[Journal]\nStorage=${storage}\n`;
test.each<[JournalReading, readonly string[], Record<string, string>]>([
  ['persistent', ['/var/log/journal', '/run/log/journal'], {}],
  ['volatile', ['/run/log/journal'], {}],
  ['none', [], {}],
  ['persistent', [], { '/etc/systemd/journald.conf': config('persistent') }],
  ['volatile', ['/var/log/journal'], { '/etc/systemd/journald.conf': config('volatile') }],
  ['none', ['/var/log/journal'], { '/etc/systemd/journald.conf': config('none') }],
  [
    'persistent',
    ['/var/log/journal'],
    {
      '/etc/systemd/journald.conf': config('volatile'),
      '/usr/lib/systemd/journald.conf.d/10-x.conf': config('none'),
      '/etc/systemd/journald.conf.d/10-x.conf': config('auto'),
    },
  ],
])('the journal is %s with the folders %j and %j', async (expected, folders, files) => {
  await using device = await hostWith(files);
  for (const folder of folders) await mkdir(device.at(folder), { recursive: true });
  expect((await read(device)).journal).toBe(expected);
});
