import { versions } from '../versions.ts';

/** User ids of IoT Edge's daemons, as the packages' scripts make such users. */
export const users = { iotedge: 999, aziotid: 998, aziotcs: 997, aziotks: 996, aziottpm: 995, edgeagentuser: 13622 };

export const osRelease = `PRETTY_NAME="Ubuntu 24.04.2 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.2 LTS (Noble Numbat)"
ID=ubuntu
ID_LIKE=debian
`;

const people = Object.entries({ root: 0, ...users });

export const passwd = people
  .map(([name, id]) => `${name}:x:${id}:${id}::${id === 0 ? '/root' : '/nonexistent'}:/usr/sbin/nologin\n`)
  .join('');

export const group = people.map(([name, id]) => `${name}:x:${id}:\n`).join('');

/** As `dpkg` keeps it, of the packages that matter. */
export const dpkgStatus = Object.entries({
  'aziot-edge': `${versions['aziot-edge']}-1`,
  'aziot-identity-service': `${versions['aziot-identity-service']}-1`,
  'moby-cli': '26.1.5-ubuntu24.04u1',
  'moby-engine': '26.1.5-ubuntu24.04u1',
  systemd: '255.4-1ubuntu8.6',
})
  .map(
    ([name, version]) =>
      `Package: ${name}\nStatus: install ok installed\nPriority: optional\nSection: admin\nArchitecture: amd64\n` +
      `Version: ${version}\nDescription: ${name}\n A package of the simulated device.\n\n`,
  )
  .join('');

/** The engine's configuration as IoT Edge's production checklist wants it. */
export const dockerDaemon = (dns: string) => ({
  dns: [dns],
  'log-driver': 'json-file',
  'log-opts': { 'max-size': '10m', 'max-file': '3' },
});

/** A unit as a package brings it, so that a look for drop-ins finds what they belong to. */
export const unit = (service: string) => `[Unit]
Description=${service}
After=network-online.target

[Service]
ExecStart=/usr/libexec/${service}
Restart=always

[Install]
WantedBy=multi-user.target
`;
