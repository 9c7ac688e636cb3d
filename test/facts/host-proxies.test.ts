import { readFacts } from '../../module/facts/index.ts';
import { parseEnvironmentFile, parseUnits } from '../../module/facts/systemd-unit.ts';
import { hostWith } from './support/host-files.ts';
import { worldWith } from './support/world.ts';

const read = async (files: Readonly<Record<string, string>>, missing: readonly string[] = []) => {
  await using device = await hostWith(files, { missing });
  return (await readFacts(['hostProxies'], worldWith({ host: device.host }))).hostProxies;
};
const unit = (text: string) => parseUnits([`[Unit]\nEnvironment=no=1\n[Service]\n${text}`]);

test.each<[string, Record<string, string>]>([
  ['Environment=a=1 b=2', { a: '1', b: '2' }],
  ['Environment="a=1 2" \'b=3 4\'', { a: '1 2', b: '3 4' }],
  ['Environment=a="1 2"', { a: '1 2' }],
  ['Environment="a=http://u:p%%40x@proxy:1"', { a: 'http://u:p%40x@proxy:1' }],
  ['Environment=a=1\nEnvironment=a=2 b=3', { a: '2', b: '3' }],
  ['Environment=a=1\nEnvironment=\nEnvironment=b=2', { b: '2' }],
  ['# Environment=a=1\nEnvironment=b=2 \\\n  c=3', { b: '2', c: '3' }],
  ['Environment="a=x\\"y\\"" b=\\x', { a: 'x"y"', b: 'x' }],
  ['ExecStart=x\n[Install]\nEnvironment=a=1', {}],
])('%s', (text, expected) => {
  expect(Object.fromEntries(unit(text).variables)).toEqual(expected);
});

test('environment files: a dash means optional, an empty one forgets', () => {
  expect(unit('EnvironmentFile=/a\nEnvironmentFile=\nEnvironmentFile=-/b').files).toEqual(['/b']);
  const text = '# c\nA=1\nexport B="x y"\n\nC=\'z\'\n=no\n';
  expect(Object.fromEntries(parseEnvironmentFile(text))).toEqual({ A: '1', B: 'x y', C: 'z' });
});

test('units, drop-ins in the order of their names and environment files, without passwords', async () => {
  const reading = await read({
    '/lib/systemd/system/aziot-edged.service': '[Service]\nEnvironment=https_proxy=http://old:1\n',
    '/etc/systemd/system/aziot-edged.service.d/20-proxy.conf':
      '[Service]\nEnvironment="https_proxy=http://edge:hunter2@proxy.example:3128"\n',
    '/lib/systemd/system/aziot-edged.service.d/10-a.conf': '[Service]\nEnvironment=https_proxy=http://less:1\n',
    '/etc/systemd/system/aziot-identityd.service': '[Service]\nEnvironmentFile=-/etc/environment\n',
    '/lib/systemd/system/aziot-identityd.service': '[Service]\nEnvironment=https_proxy=http://never:1\n',
    '/etc/environment': 'HTTPS_PROXY="http://edge:hunter2@proxy.example:3128"\n',
    '/lib/systemd/system/docker.service': '[Service]\nEnvironmentFile=/opt/docker.env\n',
  });
  expect(reading).toMatchObject({
    value: {
      'aziot-edged': { found: true, httpsProxy: 'http://***@proxy.example:3128', notSeen: [] },
      'aziot-identityd': { found: true, httpsProxy: 'http://***@proxy.example:3128', notSeen: [] },
      docker: { found: true, notSeen: ['/opt/docker.env (not bound)'] },
    },
  });
  expect(JSON.stringify(reading)).not.toContain('hunter2');
});

test('a folder that cannot be read is named', async () => {
  expect(await read({ '/etc/systemd/system/docker.service.d': 'a file' })).toMatchObject({
    value: { docker: { found: false, notSeen: ['/etc/systemd/system/docker.service.d (ENOTDIR)'] } },
  });
});

test('a service without a unit is not found, a host without systemd has no reading', async () => {
  expect(await read({ '/etc/environment': '' })).toMatchObject({ value: { docker: { found: false } } });
  const folders = ['/etc/systemd/system', '/usr/lib/systemd/system', '/lib/systemd/system'];
  expect(await read({}, folders)).toMatchObject({ unavailable: 'mount-missing' });
});
