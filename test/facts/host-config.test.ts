import { hostConfig } from '../../module/facts/host-config.ts';
import { hostFiles } from '../../sim/host/files.ts';
import { hostSecrets } from '../../sim/host/secrets.ts';
import { hostWith } from './support/host-files.ts';
import { worldWith } from './support/world.ts';

const names = {
  hostname: 'edge-1',
  deviceId: 'edge-1',
  hubHostName: 'hub.example',
  agentImage: 'mcr.microsoft.com/azureiotedge-agent:1.5.21',
};
const device = Object.fromEntries(hostFiles(names).map(({ path, text }) => [`/${path}`, text]));
const signal = new AbortController().signal;

async function read(files: Readonly<Record<string, string>>) {
  await using host = await hostWith(files);
  return await hostConfig.read(worldWith({ host: host.host }), signal, 1000);
}

test("a device's configuration, without any of its secrets", async () => {
  const reading = await read(device);
  expect(reading).toMatchObject({
    keyd: { value: {} },
    identityd: {
      value: { hostname: 'edge-1', provisioning: { source: 'manual', method: 'sas', iothubHostname: 'hub.example' } },
    },
    edged: {
      value: {
        agentImage: 'mcr.microsoft.com/azureiotedge-agent:1.5.21',
        agentRegistry: 'registry.example.com',
        agentUpstreamProtocol: 'Mqtt',
        connectManagementUri: 'unix:///var/run/iotedge/mgmt.sock',
        network: 'azure-iot-edge',
        networkIpv6: false,
      },
    },
    files: { configToml: expect.any(Number), super: { edged: expect.any(Number), tpmd: expect.any(Number) } },
  });
  for (const secret of Object.values(hostSecrets)) expect(JSON.stringify(reading)).not.toContain(secret);
});

test('files are merged in sorted order: tables key by key, arrays one after the other, the rest replaced', async () => {
  const folder = '/etc/aziot/identityd';
  const { identityd } = await read({
    ...device,
    [`${folder}/config.toml`]: '[[principal]]\nname = "first"\nuid = 1\n',
    [`${folder}/config.d/90-own.toml`]: 'hostname = "edge-2"\n[provisioning]\ndevice_id = "other"\n',
    [`${folder}/config.d/95-note.txt`]: 'not = read',
  });
  expect(identityd).toMatchObject({
    value: { hostname: 'edge-2', provisioning: { source: 'manual', deviceId: 'other', iothubHostname: 'hub.example' } },
  });
  const twice = await read({ ...device, [`${folder}/config.toml`]: '[[principal]]\nname = "aziot-edge"\nuid = 1\n' });
  expect(twice.identityd).toEqual({ problem: { kind: 'invalid', message: 'duplicate module name: aziot-edge' } });
});

test('a syntax error is told by its place, and nothing of the file is quoted', async () => {
  const { certd, keyd } = await read({ ...device, '/etc/aziot/certd/config.toml': 'password = "hunter2\nx' });
  expect(certd).toMatchObject({ problem: { kind: 'syntax', file: '/etc/aziot/certd/config.toml' } });
  expect(JSON.stringify(certd)).not.toContain('hunter2');
  expect(JSON.stringify(certd)).toMatch(/line 1, column \d+/);
  expect(keyd).toEqual({ value: {} });
});

test.each([
  ['certd', 'homedir_path = 1', 'homedir_path must be a string'],
  ['certd', '[preloaded_certs]\nca = "hunter2"', 'preloaded_certs.ca must be a URI or a list of ids'],
  ['certd', '[cert_issuance.ca]\nmethod = "hunter2"', 'cert_issuance.ca.method must be est, local_ca or self_signed'],
  ['certd', '[cert_issuance.ca]\nmethod = "est"\nurl = "hunter2"', 'cert_issuance.ca.url must be a URL'],
  ['certd', '[cert_issuance.est.urls]\ndefault = "hunter2"', 'cert_issuance.est.urls.default must be a URL'],
  ['keyd', 'aziot_keys = "hunter2"', 'aziot_keys must be a table'],
  ['keyd', '[preloaded_keys]\nid = ["hunter2"]', 'preloaded_keys.id must be a string'],
] as const)('%s refuses %j', async (daemon, text, message) => {
  const reading = await read({ ...device, [`/etc/aziot/${daemon}/config.d/90-own.toml`]: text });
  expect(reading[daemon]).toEqual({ problem: { kind: 'invalid', message } });
});

test('certd needs its home', async () => {
  const { certd } = await read({ ...device, '/etc/aziot/certd/config.d/00-super.toml': '[preloaded_certs]\n' });
  expect(certd).toEqual({ problem: { kind: 'invalid', message: 'missing field `homedir_path`' } });
});

test('F6: cloud_timeout_sec below 70 is refused, as aziot-identityd does', async () => {
  const { identityd } = await read({ ...device, '/etc/aziot/identityd/config.toml': 'cloud_timeout_sec = 10\n' });
  expect(identityd).toEqual({ problem: { kind: 'invalid', message: 'cloud_timeout_sec must be at least 70 seconds' } });
});

test('F2: without /etc/aziot there is no value, with reason mount-missing', async () => {
  await using host = await hostWith({}, { missing: ['/etc/aziot'] });
  await expect(hostConfig.read(worldWith({ host: host.host }), signal, 1000)).rejects.toMatchObject({
    reason: 'mount-missing',
  });
});
