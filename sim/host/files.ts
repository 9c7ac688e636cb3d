import { certdToml, configToml, edgedToml, identitydToml, keydToml } from './configuration.ts';
import type { HostNames } from './names.ts';
import { hostSecrets } from './secrets.ts';
import { dockerDaemon, dpkgStatus, group, osRelease, passwd, unit } from './system.ts';

/** A file of the host: path below the root, text and permission bits. */
export interface HostFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/**
 * The text files of a device set up with `iotedge config apply`, in the form that the packages aziot-edge and
 * aziot-identity-service 1.5 write them. In the order in which a device gets them.
 */
export function hostFiles(names: HostNames): HostFile[] {
  const { dns = '192.0.2.53' } = names;
  return [
    file('etc/hostname', `${names.hostname}\n`),
    file('etc/hosts', `127.0.0.1 localhost\n127.0.1.1 ${names.hostname}\n`),
    file('etc/machine-id', '5f2b8a3c9d4e4f60a1b2c3d4e5f60718\n'),
    file('etc/os-release', osRelease),
    file('etc/passwd', passwd),
    file('etc/group', group),
    file('etc/resolv.conf', `nameserver ${dns}\n`),
    file('etc/docker/daemon.json', `${JSON.stringify(dockerDaemon(dns), null, 2)}\n`),
    file('etc/systemd/journald.conf', '[Journal]\n#Storage=auto\n'),
    ...['aziot-edged', 'aziot-identityd', 'docker'].map((service) =>
      file(`usr/lib/systemd/system/${service}.service`, unit(service)),
    ),
    file('var/lib/dpkg/status', dpkgStatus),
    file('etc/aziot/config.toml', configToml(names), 0o600),
    file('etc/aziot/edged/config.toml', '', 0o600),
    file('etc/aziot/edged/config.d/00-super.toml', edgedToml(names), 0o600),
    file('etc/aziot/identityd/config.d/00-super.toml', identitydToml(names), 0o600),
    file('etc/aziot/keyd/config.d/00-super.toml', keydToml, 0o600),
    file('etc/aziot/certd/config.d/00-super.toml', certdToml, 0o600),
    file('etc/aziot/tpmd/config.d/00-super.toml', '', 0o600),
    ...(names.daemonProxy ? [file('etc/systemd/system/aziot-edged.service.d/proxy.conf', proxyConf)] : []),
    file('var/secrets/aziot/keyd/device-id', `${hostSecrets.deviceKey}\n`, 0o600),
  ];
}

function file(path: string, text: string, mode = 0o644): HostFile {
  return { path, text, mode };
}

const proxyConf = `[Service]
Environment="https_proxy=http://edge:${hostSecrets.proxyPassword}@proxy.example.com:3128"
`;
