import { hostConfigFiles, withoutSecrets } from '../../module/facts/host-config-files.ts';
import { hostWith } from './support/host-files.ts';
import { worldWith } from './support/world.ts';

const secret = 'planted-secret-1';

test('secrets are hidden by where they stand; what helps stays', () => {
  const text = withoutSecrets(`
# old password: ${secret}
hostname = "edge-1"
parent_hostname = "parent.corp"
allow_elevated_docker_permissions = true

[provisioning]
source = "dps"
global_endpoint = "https://user:${secret}@global.azure-devices-provisioning.net"
id_scope = "0ne00000000"

[provisioning.attestation]
method = "symmetric_key"
registration_id = "edge-1"
symmetric_key = { value = "${secret}" }

[provisioning.authentication]
device_id_pk = "device-id"
connection_string = "HostName=h;SharedAccessKey=${secret}"

[preloaded_keys]
device-id = "file:///var/secrets/device-id"
hsm = "pkcs11:token=t;object=o?pin-value=${secret}"

[cert_issuance.est.auth]
username = "${secret}"
password = "${secret}"
identity_cert = "file:///var/est.cer"

[agent.config]
image = "mcr.microsoft.com/azureiotedge-agent:1.5"
createOptions = { Env = ["A=${secret}"], HostConfig = { Binds = ["/a:/b"] } }

[agent.config.auth]
serveraddress = "registry.example.com"
password = "${secret}"

[agent.env]
UpstreamProtocol = "AmqpWs"
https_proxy = "http://u:${secret}@proxy:3128"
Something = "${secret}"
`);
  expect(text).not.toContain(secret);
  for (const kept of [
    'hostname = "edge-1"',
    'allow_elevated_docker_permissions = true',
    'global_endpoint = "https://‹secret›@global.azure-devices-provisioning.net"',
    'device_id_pk = "device-id"',
    'device-id = "file:///var/secrets/device-id"',
    'hsm = "pkcs11:token=t;object=o?pin-value=‹secret›"',
    'identity_cert = "file:///var/est.cer"',
    'serveraddress = "registry.example.com"',
    'UpstreamProtocol = "AmqpWs"',
    'Something = "‹secret›"',
  ])
    expect(text).toContain(kept);
});

test('a file that is no TOML is told by its line, without a word of it', async () => {
  await using files = await hostWith({
    '/etc/aziot/config.toml': 'hostname = "a"\n',
    '/etc/aziot/certd/config.d/00-super.toml': `homedir_path = "/x"\npassword = "${secret}\n`,
  });
  const reading = await hostConfigFiles.read(worldWith({ host: files.host }), AbortSignal.timeout(5000), 5000);
  expect(reading).toEqual({
    files: { '/etc/aziot/config.toml': 'hostname = "a"\n' },
    problems: {
      '/etc/aziot/certd/config.d/00-super.toml': expect.stringMatching(/^It is no TOML: see line 2, column \d+\.$/),
    },
  });
});
