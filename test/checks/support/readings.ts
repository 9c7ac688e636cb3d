import { type CheckOptions, defaultCheckOptions } from '../../../module/checks/check.ts';
import type { upstreamPortNeeds } from '../../../module/checks/upstream-port.ts';
import type { TlsReading } from '../../../module/facts/certificates.ts';
import type { DialReading } from '../../../module/facts/dial.ts';
import type { EdgeContainer } from '../../../module/facts/edge-containers.ts';
import type { Missing, Reading } from '../../../module/facts/fact.ts';
import type { Facts, Readings } from '../../../module/facts/index.ts';

export const options: CheckOptions = { ...defaultCheckOptions, now: new Date('2026-01-02T03:04:05Z') };

/** A reading that has this value. */
export function value<T>(it: T): Reading<T> {
  return { value: it };
}

/** Readings there are not. */
export const noEngine: Missing = { unavailable: 'docker-unavailable', why: 'The engine cannot be reached.' };
export const noHost: Missing = { unavailable: 'host-access-off', why: "The host's files are not looked at." };
export const late: Missing = { unavailable: 'deadline', why: 'It did not finish in time.' };

/** A running container, but for what is given. */
export function container(name: string, more: Partial<EdgeContainer> = {}): EdgeContainer {
  return {
    name,
    containerId: `${name}-id`,
    image: `${name}:1.5`,
    imageId: `sha256:${name}`,
    createdAt: '2026-01-02T03:04:05Z',
    ports: [],
    state: 'running',
    exitCode: 0,
    oomKilled: false,
    startedAt: '2026-01-02T03:04:05Z',
    finishedAt: '0001-01-01T00:00:00Z',
    restartCount: 0,
    log: { driver: 'json-file', maxSize: '10m', maxFile: '3' },
    mounts: [],
    volumes: [],
    dns: [],
    extraHosts: [],
    networks: ['azure-iot-edge'],
    ...more,
  };
}

/** The reading of these containers. */
export function containers(...all: readonly EdgeContainer[]): Reading<Facts['edgeContainers']> {
  return value({ containers: all, unreadable: [] });
}

/** The environment of a module on `device-1`, whose hub is `hub.example`. */
export function environment(more: Partial<Facts['environment']> = {}): Reading<Facts['environment']> {
  return value({ iothubHostname: 'hub.example', deviceId: 'device-1', moduleId: 'edgeSupport', ...more });
}

export const goodTls: TlsReading = {
  protocol: 'TLSv1.3',
  verified: true,
  publicRoot: true,
  chain: [{ subject: 'CN=hub.example', issuer: 'CN=Root', notBefore: '', notAfter: '', sha256: '' }],
};

/** A dial that found all well, but for what is given. */
export function dialled(port: number, more: Partial<DialReading> = {}): DialReading {
  return { host: 'hub.example', port, reached: 'tls', durationMs: 20, address: '10.0.0.1', tls: goodTls, ...more };
}

/** A dial whose connection was refused. */
export function refused(port: number): DialReading {
  return {
    host: 'hub.example',
    port,
    reached: 'nothing',
    durationMs: 2,
    error: `connect ECONNREFUSED 10.0.0.1:${port}`,
  };
}

const answered = { status: 400, errorCode: 'InvalidProtocolVersion', askedAt: 0 };

/** The reading of an upstream where everything works, but for what is given. */
export function upstream({
  dials,
  ...more
}: Partial<Omit<Facts['upstream'], 'dials'>> & { dials?: Partial<Facts['upstream']['dials']> } = {}): Reading<
  Facts['upstream']
> {
  return value({
    host: 'hub.example',
    nested: false,
    lookup: { addresses: ['10.0.0.1'], durationMs: 1 },
    trustStore: "the test's",
    ...more,
    dials: {
      amqp: dialled(5671),
      https: dialled(443, { reached: 'http', http: answered }),
      mqtt: dialled(8883),
      webSocket: dialled(443, { reached: 'http', http: { status: 101, askedAt: 0 } }),
      ...dials,
    },
  });
}

/** The host's sockets of a healthy device, but for those named. */
export function hostSockets(...without: readonly string[]): Reading<Facts['hostSockets']> {
  const daemons = ['keyd', 'certd', 'tpmd', 'identityd'].map((name) => `/run/aziot/${name}.sock`);
  const unix = [...daemons, '/run/docker.sock', '/run/iotedge/mgmt.sock'];
  return value({ unix: unix.filter((path) => !without.includes(path)), tcp: [] });
}

/** A daemon.json that sets nothing, but for what is given. */
export function engineConfig(more: Partial<Facts['hostEngineConfig']> = {}): Reading<Facts['hostEngineConfig']> {
  return value({ path: '/etc/docker/daemon.json', state: 'found', dns: [], ...more });
}

/** An Ubuntu with IoT Edge 1.5.21 and a journal on its disk, but for what is given. */
export function hostSystem(more: Partial<Facts['hostSystem']> = {}): Reading<Facts['hostSystem']> {
  return value({
    os: { id: 'ubuntu', versionId: '24.04' },
    kernel: '6.8.0-60-generic',
    bootedAt: '2026-01-01T00:00:00.000Z',
    packages: { versions: { 'aziot-edge': '1.5.21-1', 'aziot-identity-service': '1.5.6-1' } },
    journal: 'persistent',
    ...more,
  });
}

/** A list of newest versions with these releases of both packages. */
export function latest(...versions: readonly string[]): Reading<Facts['latestVersions']> {
  const url = 'https://aka.ms/azure-iotedge-latest-versions';
  return value({ url, versions: { 'aziot-edge': versions, 'aziot-identity-service': versions } });
}

/** What the checks of the upstream's ports need; seen from the modules' network only, but for what is given. */
export function seen(more: Partial<Readings<(typeof upstreamPortNeeds)[number]>> = {}) {
  return {
    environment: environment(),
    edgeContainers: noEngine,
    upstream: upstream(),
    bridgeUpstream: noEngine,
    hostUpstream: noEngine,
    ...more,
  };
}
