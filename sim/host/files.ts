/** Secrets planted in the host's files; none of them may ever leave the device. */
export const hostSecrets = {
  deviceKey: 'cGxhbnRlZC1kZXZpY2Uta2V5LWluLWNvbmZpZy10b21sLTEyMzQ=',
  registryPassword: 'planted-agent-registry-password',
  proxyPassword: 'planted-daemon-proxy-password',
} as const;

export interface HostNames {
  readonly hostname: string;
  readonly deviceId: string;
  readonly hubHostName: string;
}

/** A file of the host: path below the root, text and permission bits. */
export interface HostFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * The text files of a device set up with `iotedge config apply`, in the form that the packages aziot-edge and
 * aziot-identity-service 1.5 write them.
 */
export function hostFiles(names: HostNames): HostFile[] {
  return [
    file('etc/hostname', `${names.hostname}\n`),
    file('etc/hosts', `127.0.0.1 localhost\n127.0.1.1 ${names.hostname}\n`),
    file('etc/machine-id', '5f2b8a3c9d4e4f60a1b2c3d4e5f60718\n'),
    file('etc/os-release', osRelease),
    file('etc/resolv.conf', 'nameserver 192.0.2.53\n'),
    file('etc/docker/daemon.json', `${JSON.stringify(dockerDaemon, null, 2)}\n`),
    file('etc/aziot/config.toml', configToml(names), 0o600),
    file('etc/aziot/edged/config.d/00-super.toml', edgedToml(names), 0o600),
    file('etc/aziot/identityd/config.d/00-super.toml', identitydToml(names), 0o600),
    file('etc/aziot/keyd/config.d/00-super.toml', keydToml, 0o600),
    file('etc/aziot/certd/config.d/00-super.toml', certdToml, 0o600),
    file('etc/aziot/tpmd/config.d/00-super.toml', '', 0o600),
    file('etc/systemd/system/aziot-edged.service.d/proxy.conf', proxyConf),
    file('var/secrets/aziot/keyd/device-id', `${hostSecrets.deviceKey}\n`, 0o600),
  ];
}

function file(path: string, text: string, mode = 0o644): HostFile {
  return { path, text, mode };
}

const dockerDaemon = { dns: ['192.0.2.53'], 'log-driver': 'json-file', 'log-opts': { 'max-size': '50m' } };

const proxyConf = `[Service]
Environment="https_proxy=http://edge:${hostSecrets.proxyPassword}@proxy.example.com:3128"
`;

const osRelease = `PRETTY_NAME="Ubuntu 24.04.2 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.2 LTS (Noble Numbat)"
ID=ubuntu
ID_LIKE=debian
`;

const configToml = ({ hostname, deviceId, hubHostName }: HostNames) => `hostname = "${hostname}"

[provisioning]
source = "manual"
iothub_hostname = "${hubHostName}"
device_id = "${deviceId}"

[provisioning.authentication]
method = "sas"

[provisioning.authentication.device_id_pk]
value = "${hostSecrets.deviceKey}"

[agent]
name = "edgeAgent"
type = "docker"
imagePullPolicy = "on-create"

[agent.config]
image = "mcr.microsoft.com/azureiotedge-agent:1.5.21"

[agent.config.auth]
serveraddress = "registry.example.com"
username = "edgepull"
password = "${hostSecrets.registryPassword}"

[agent.env]
UpstreamProtocol = "Mqtt"
storageFolder = "/iotedge/storage"

[edge_ca]
auto_renew = { rotate_key = true, threshold = "80%", retry = "4%" }
`;

const edgedToml = ({ hostname }: HostNames) => `trust_bundle_cert = "aziot-edged-trust-bundle"
auto_reprovisioning_mode = "OnErrorOnly"
hostname = "${hostname}"
homedir = "/var/lib/aziot/edged"
allow_elevated_docker_permissions = true

[agent]
name = "edgeAgent"
type = "docker"
imagePullPolicy = "on-create"

[agent.config]
image = "mcr.microsoft.com/azureiotedge-agent:1.5.21"

[agent.config.createOptions]

[agent.config.auth]
serveraddress = "registry.example.com"
username = "edgepull"
password = "${hostSecrets.registryPassword}"

[agent.env]
UpstreamProtocol = "Mqtt"
storageFolder = "/iotedge/storage"

[connect]
workload_uri = "unix:///var/run/iotedge/workload.sock"
management_uri = "unix:///var/run/iotedge/mgmt.sock"

[listen]
workload_uri = "fd://aziot-edged.workload.socket"
management_uri = "fd://aziot-edged.mgmt.socket"
min_tls_version = "tls1.2"

[watchdog]
max_retries = "infinite"

[moby_runtime]
uri = "unix:///var/run/docker.sock"
network = "azure-iot-edge"
`;

const identitydToml = ({ hostname, deviceId, hubHostName }: HostNames) => `hostname = "${hostname}"
homedir = "/var/lib/aziot/identityd"

[provisioning]
source = "manual"
iothub_hostname = "${hubHostName}"
device_id = "${deviceId}"

[provisioning.authentication]
method = "sas"
device_id_pk = "device-id"

[connect]
[listen]

[[principal]]
uid = 999
name = "aziot-edge"
`;

const keydToml = `[aziot_keys]
homedir_path = "/var/lib/aziot/keyd"

[preloaded_keys]
device-id = "file:///var/secrets/aziot/keyd/device-id"

[[principal]]
uid = 999
keys = ["aziot-edged-ca", "iotedge_master_encryption_id"]
`;

const certdToml = `homedir_path = "/var/lib/aziot/certd"

[cert_issuance]

[cert_issuance.aziot-edged-ca]
method = "self_signed"

[preloaded_certs]
aziot-edged-trust-bundle = ["file:///etc/aziot/certificates/root-ca.pem"]

[[principal]]
uid = 999
certs = ["aziot-edged-ca", "aziot-edged-trust-bundle"]
`;
