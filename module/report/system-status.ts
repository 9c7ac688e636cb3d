import { type Reading, valueOf } from '../facts/fact.ts';
import type { Readings } from '../facts/index.ts';

/** The facts that the status is made of. */
export const systemStatusFacts = [
  'hostSockets',
  'hostState',
  'hostSystem',
  'management',
  'workload',
  'engineVersion',
  'latestVersions',
  'edgeContainers',
] as const;
export type SystemStatusReadings = Pick<Readings, (typeof systemStatusFacts)[number]>;

/** What IoT Edge's services do, as `iotedge system status` says it. */
export interface SystemStatus {
  readonly services: readonly ServiceStatus[];
  readonly versions: Readonly<
    Record<string, { readonly installed: string; readonly newest?: string; readonly newer?: boolean }>
  >;
  /** What could not be told, and why. */
  readonly unknown: readonly string[];
}

export interface ServiceStatus {
  readonly name: string;
  /** Ready: nobody has asked for it yet; its socket starts it. */
  readonly status: 'Running' | 'Ready' | 'Down' | 'Unknown';
  /** What it was told by. */
  readonly source: string;
}

/** Each service with its sockets and what shows from outside that it works. */
const services: readonly {
  readonly name: string;
  readonly sockets: readonly string[];
  readonly answers: (readings: SystemStatusReadings) => string | undefined;
}[] = [
  {
    name: 'aziot-edged',
    sockets: ['/run/iotedge/mgmt.sock', '/run/iotedge/workload.sock'],
    answers: ({ management }) =>
      valueOf(management)?.version === undefined ? undefined : 'its management API answers',
  },
  {
    name: 'aziot-identityd',
    sockets: ['/run/aziot/identityd.sock'],
    answers: (readings) => signed(readings),
  },
  { name: 'aziot-keyd', sockets: ['/run/aziot/keyd.sock'], answers: (readings) => signed(readings) },
  {
    name: 'aziot-certd',
    sockets: ['/run/aziot/certd.sock'],
    answers: ({ workload }) => (valueOf(workload)?.trustBundle ? 'the trust bundle was had through it' : undefined),
  },
  { name: 'aziot-tpmd', sockets: ['/run/aziot/tpmd.sock'], answers: () => undefined },
];

const signed = ({ workload }: SystemStatusReadings) =>
  valueOf(workload)?.signed ? 'this module’s key signed through it' : undefined;

/** Works out the status of each service from what was read of the host, or shows from here. */
export function systemStatus(readings: SystemStatusReadings): SystemStatus {
  const processes = valueOf(readings.hostState)?.processes;
  const sockets = valueOf(readings.hostSockets)?.unix;
  const told = services.map(({ name, sockets: own, answers }): ServiceStatus => {
    const process = processes?.find(({ command }) => programOf(command) === name);
    if (process) return { name, status: 'Running', source: `process ${process.pid}` };
    const answer = answers(readings);
    if (answer !== undefined) return { name, status: 'Running', source: answer };
    if (sockets === undefined) return { name, status: 'Unknown', source: 'the host cannot be looked at' };
    const there = own.filter((path) => sockets.includes(path));
    if (there.length > 0) return { name, status: 'Ready', source: `${there.join(', ')} listens` };
    return { name, status: 'Down', source: `there is no process, and nothing listens at ${own.join(' or ')}` };
  });
  return { services: told, versions: versionsOf(readings), unknown: unknownIn(readings) };
}

/** A sentence for each reason: what lacks the same privilege stands together. */
function unknownIn(readings: Readonly<Record<string, Reading<unknown>>>): readonly string[] {
  const missing = Object.entries(readings).flatMap(([name, reading]) =>
    'unavailable' in reading ? [{ name, why: reading.why }] : [],
  );
  const byReason = Map.groupBy(missing, ({ why }) => why);
  return [...byReason].map(([why, all]) => `${all.map(({ name }) => name).join(', ')}: ${why}`);
}

const programOf = (command: string) => command.split(' ')[0]?.split('/').at(-1);

function versionsOf(readings: SystemStatusReadings): SystemStatus['versions'] {
  const packages = valueOf(readings.hostSystem)?.packages;
  const installed: Record<string, string | undefined> = {
    ...(packages && 'versions' in packages ? packages.versions : {}),
    engine: engineOf(readings),
    ...Object.fromEntries(
      (valueOf(readings.edgeContainers)?.containers ?? [])
        .filter(({ name }) => name === 'edgeAgent' || name === 'edgeHub')
        .map(({ name, image }) => [name, tagOf(image)]),
    ),
  };
  const list = valueOf(readings.latestVersions);
  const newest = list && 'versions' in list ? list.versions : {};
  return Object.fromEntries(
    Object.entries(installed).flatMap(([name, version]) => {
      if (version === undefined) return [];
      const plain = version.replace(/-\d+$/, '');
      const own = newest[name]?.find((one) => channel(one) === channel(plain));
      return [[name, { installed: version, ...(own === undefined ? {} : { newest: own, newer: own !== plain }) }]];
    }),
  );
}

function engineOf({ engineVersion }: SystemStatusReadings): string | undefined {
  const engine = valueOf(engineVersion);
  return engine && 'version' in engine ? engine.version.version : undefined;
}

/** The part of a version that names its line of releases: `1.5`. */
const channel = (version: string) => version.split('.').slice(0, 2).join('.');

function tagOf(image: string): string {
  const last = image.split('/').at(-1) ?? '';
  return last.includes(':') ? (last.split(':').at(-1) ?? '') : 'latest';
}

/** As `iotedge system status` prints it, versions and logs of what is down below. */
export function systemStatusText(
  { services: all, versions, unknown }: SystemStatus,
  logs: Readonly<Record<string, string>>,
): string {
  const lines = [
    'System services:',
    ...all.map(
      ({ name, status, source }) => `    ${name.padEnd(24)}${status === 'Down' ? `Down - ${source}` : status}`,
    ),
    '',
    'Versions:',
    ...Object.entries(versions).map(
      ([name, { installed, newest, newer }]) =>
        `    ${name.padEnd(24)}${installed}${newer ? ` (newest: ${newest})` : ''}`,
    ),
    ...(unknown.length > 0 ? ['', 'Not known:', ...unknown.map((one) => `    ${one}`)] : []),
    ...Object.entries(logs).flatMap(([name, text]) => ['', `Last lines of ${name}:`, text.trimEnd()]),
  ];
  return `${lines.join('\n')}\n`;
}
