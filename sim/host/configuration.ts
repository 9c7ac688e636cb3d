import { versions } from '../versions.ts';
import type { HostNames } from './names.ts';
import { hostSecrets } from './secrets.ts';
import { users } from './system.ts';

const microsofts = `mcr.microsoft.com/azureiotedge-agent:${versions['aziot-edge']}`;

export const configToml = ({
  hostname,
  deviceId,
  hubHostName,
  agentImage = microsofts,
}: HostNames) => `hostname = "${hostname}"

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
image = "${agentImage}"

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

export const edgedToml = ({
  hostname,
  agentImage = microsofts,
}: HostNames) => `trust_bundle_cert = "aziot-edged-trust-bundle"
auto_reprovisioning_mode = "OnErrorOnly"
hostname = "${hostname}"
homedir = "/var/lib/aziot/edged"
allow_elevated_docker_permissions = true

[agent]
name = "edgeAgent"
type = "docker"
imagePullPolicy = "on-create"

[agent.config]
image = "${agentImage}"

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

[edge_ca.auto_renew]
rotate_key = true
threshold = "80%"
retry = "4%"

[moby_runtime]
uri = "unix:///var/run/docker.sock"
network = "azure-iot-edge"
`;

export const identitydToml = ({ hostname, deviceId, hubHostName }: HostNames) => `hostname = "${hostname}"
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
uid = ${users.iotedge}
name = "aziot-edge"
`;

export const keydToml = `[aziot_keys]
homedir_path = "/var/lib/aziot/keyd"

[preloaded_keys]
device-id = "file:///var/secrets/aziot/keyd/device-id"

[[principal]]
uid = ${users.iotedge}
keys = ["aziot-edged-ca", "iotedge_master_encryption_id"]
`;

export const certdToml = `homedir_path = "/var/lib/aziot/certd"

[cert_issuance]

[cert_issuance.aziot-edged-ca]
method = "self_signed"

[preloaded_certs]
aziot-edged-trust-bundle = ["aziot-edged-ca", "trust-bundle-user"]
trust-bundle-user = "file:///etc/aziot/certificates/root-ca.pem"

[[principal]]
uid = ${users.iotedge}
certs = ["aziot-edged-ca", "aziot-edged-trust-bundle"]
`;
