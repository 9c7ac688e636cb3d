import { type SystemStatusReadings, systemStatus, systemStatusText } from '../../module/report/system-status.ts';

const missing = {
  unavailable: 'host-access-off',
  why: 'Looking at the host is not allowed on this device (setting policy.hostAccess, environment variable EDGE_SUPPORT_HOST_ACCESS).',
} as const;
const nothing: SystemStatusReadings = {
  hostSockets: missing,
  hostState: missing,
  hostSystem: missing,
  management: missing,
  workload: missing,
  engineVersion: missing,
  latestVersions: missing,
  edgeContainers: missing,
};
const states = (readings: SystemStatusReadings) =>
  Object.fromEntries(systemStatus(readings).services.map(({ name, status }) => [name, status]));

test('a process runs, a socket without one is ready, neither is down', () => {
  const process = {
    pid: 7,
    parent: 1,
    uid: 0,
    state: 'S',
    command: '/usr/libexec/aziot/aziot-edged',
    memory: 1,
    cpuSecs: 0,
    ageSecs: 1,
  };
  const readings = {
    ...nothing,
    hostState: { value: { processes: [process] } },
    hostSockets: { value: { unix: ['/run/aziot/keyd.sock'], tcp: [] } },
  } as unknown as SystemStatusReadings;
  expect(states(readings)).toEqual({
    'aziot-edged': 'Running',
    'aziot-identityd': 'Down',
    'aziot-keyd': 'Ready',
    'aziot-certd': 'Down',
    'aziot-tpmd': 'Down',
  });
});

test('without a look at the host what shows from here is told, and the rest is unknown', () => {
  const readings = { ...nothing, workload: { value: { signed: true, trustBundle: true, problems: [] } } };
  expect(states(readings)).toEqual({
    'aziot-edged': 'Unknown',
    'aziot-identityd': 'Running',
    'aziot-keyd': 'Running',
    'aziot-certd': 'Running',
    'aziot-tpmd': 'Unknown',
  });
  expect(systemStatus(readings).unknown).toContain(
    'hostSockets, hostState, hostSystem, management, engineVersion, latestVersions, edgeContainers: Looking at the host is not allowed on this device (setting policy.hostAccess, environment variable EDGE_SUPPORT_HOST_ACCESS).',
  );
});

test('versions are compared with the newest of their line', () => {
  const readings = {
    ...nothing,
    hostSystem: {
      value: { packages: { versions: { 'aziot-edge': '1.5.20-1', 'aziot-identity-service': '1.5.6-1' } } },
    },
    latestVersions: {
      value: { url: 'x', versions: { 'aziot-edge': ['1.4.40', '1.5.21'], 'aziot-identity-service': ['1.5.6'] } },
    },
    edgeContainers: {
      value: {
        containers: [
          { name: 'edgeHub', image: 'r:5000/hub:1.5' },
          { name: 'm', image: 'x' },
        ],
        unreadable: [],
      },
    },
  } as unknown as SystemStatusReadings;
  expect(systemStatus(readings).versions).toEqual({
    'aziot-edge': { installed: '1.5.20-1', newest: '1.5.21', newer: true },
    'aziot-identity-service': { installed: '1.5.6-1', newest: '1.5.6', newer: false },
    edgeHub: { installed: '1.5' },
  });
  expect(systemStatusText(systemStatus(readings), { 'aziot-tpmd': 'line\n' })).toContain(
    'aziot-edge              1.5.20-1 (newest: 1.5.21)',
  );
});
