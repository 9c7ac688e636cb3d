import type { FailureRecord } from '../collectors/failure-record.ts';
import type { EdgeContainer } from '../facts/edge-containers.ts';
import { type Reading, valueOf } from '../facts/fact.ts';
import type { Readings } from '../facts/index.ts';
import { bytesText } from './words.ts';

/** The facts that a list of modules is made of. */
export const moduleListFacts = ['edgeContainers', 'moduleEvents', 'edgeAgentMetrics', 'memory', 'hostDisks'] as const;
export type ModuleListReadings = Pick<Readings, (typeof moduleListFacts)[number]>;

/** A module as `iotedge list` shows it, and what the page reads elsewhere. */
export interface ListedModule {
  readonly name: string;
  /** As `iotedge list` has it: running, stopped, failed or dead. */
  readonly status: string;
  readonly description: string;
  readonly config: string;
  readonly imageId: string;
  /** From its deployment, when it says one. */
  readonly version?: string;
  readonly startedAt?: string;
  readonly lastExit?: { readonly at: string; readonly code: number; readonly outOfMemory: boolean };
  readonly restarts: { readonly count: number | 'unknown'; readonly source: string };
  /** Of those that CollectOnFailure saw, while it is on. */
  readonly failures?: { readonly seen: number; readonly captured: number; readonly last: object };
  readonly restartPolicy: string;
  readonly health: string;
  /** Of one processor's time in percent; absent when it does not run, or could not be asked. */
  readonly cpuPercent?: number;
  /** Bytes. */
  readonly memory?: number;
  readonly log: {
    readonly driver: string;
    readonly maxSize?: string;
    readonly maxFile?: string;
    readonly bytes?: number;
  };
  readonly error?: string;
}

/** What the engine tells of a container besides its inspect. */
export interface ModuleNotes {
  /** Of the deployment, as edgeAgent writes it on the container. */
  readonly labels: Readonly<Record<string, string>>;
  /** The engine's words: `Up 5 minutes`. */
  readonly status: string;
  readonly cpuPercent?: number | undefined;
}

const label = 'net.azure-devices.edge.';

/** The list of the modules, by name. Rejects nothing: what is not known is left out or `unknown`. */
export function listModules(
  readings: ModuleListReadings,
  notes: Readonly<Record<string, ModuleNotes>>,
  now: Date,
  record?: FailureRecord,
): readonly ListedModule[] {
  const of = <T>(reading: Reading<T>) => valueOf(reading);
  const memory = new Map(of(readings.memory)?.modules.map(({ name, used }) => [name, used]));
  const logs = new Map(of(readings.hostDisks)?.logs.map(({ containerId, bytes }) => [containerId, bytes]));
  return (of(readings.edgeContainers)?.containers ?? []).map((container) => {
    const { labels = {}, status: words = '', cpuPercent } = notes[container.name] ?? {};
    const { name, startedAt, finishedAt, exitCode, oomKilled, error } = container;
    const [used, logBytes] = [memory.get(name), logs.get(container.containerId)];
    const version = labels[`${label}version`];
    return {
      name,
      status: statusOf(container),
      description: descriptionOf(container, words, now),
      config: container.image,
      imageId: container.imageId,
      ...(version ? { version } : {}),
      ...(never(startedAt) ? {} : { startedAt }),
      ...(never(finishedAt) ? {} : { lastExit: { at: finishedAt, code: exitCode, outOfMemory: oomKilled } }),
      restarts: restartsOf(container, readings, record),
      ...failuresOf(name, record),
      restartPolicy: labels[`${label}restartPolicy`] ?? 'always',
      health: container.health ?? 'no check',
      ...(cpuPercent === undefined ? {} : { cpuPercent }),
      ...(used === undefined ? {} : { memory: used }),
      log: { ...container.log, ...(logBytes === undefined ? {} : { bytes: logBytes }) },
      ...(error === undefined ? {} : { error }),
    };
  });
}

/** The engine gives the year 1 for what never was. */
const never = (time: string) => time === '' || time.startsWith('0001-');

/** edged's mapping (edgelet-docker, `runtime.rs`): created, paused and restarting are stopped; ended with an error is failed. */
function statusOf({ state, exitCode }: EdgeContainer): string {
  if (state === 'running') return 'running';
  if (state === 'exited' || state === 'removing') return exitCode === 0 ? 'stopped' : 'failed';
  return state === 'dead' ? 'dead' : 'stopped';
}

/** In the words of `iotedge list`. */
function descriptionOf(container: EdgeContainer, words: string, now: Date): string {
  const status = statusOf(container);
  if (status === 'running') return words || 'Up';
  if (never(container.finishedAt)) return status === 'failed' ? `Failed (${container.exitCode})` : 'Stopped';
  const ago = agoText(now.getTime() - Date.parse(container.finishedAt));
  return status === 'failed' ? `Failed (${container.exitCode}) ${ago}` : `Stopped ${ago}`;
}

function agoText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const units: readonly (readonly [string, number])[] = [
    ['day', 86_400],
    ['hour', 3600],
    ['minute', 60],
  ];
  for (const [unit, size] of units) {
    const count = Math.floor(seconds / size);
    if (count > 0) return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
  }
  return `${seconds} second${seconds === 1 ? '' : 's'} ago`;
}

function failuresOf(name: string, record: FailureRecord | undefined): Pick<ListedModule, 'failures'> {
  const { failures: seen = 0, captured = 0, last } = record?.modules[name] ?? {};
  return last === undefined ? {} : { failures: { seen, captured, last } };
}

/**
 * The engine's own count stays 0 when edgeAgent does the restarting: edgeAgent's metrics count its starts, this module the
 * ends that it saw while it watches, and the engine remembers its last events.
 */
function restartsOf(
  { name, restartCount }: EdgeContainer,
  readings: ModuleListReadings,
  record: FailureRecord | undefined,
): ListedModule['restarts'] {
  const starts = valueOf(readings.edgeAgentMetrics)?.starts[name];
  if (starts !== undefined)
    return { count: Math.max(0, starts - 1), source: "edgeAgent's metrics, since edgeAgent was started" };
  if (restartCount > 0) return { count: restartCount, source: 'the container engine' };
  const seen = record && {
    count: record.modules[name]?.ends ?? 0,
    source: `ends that this module saw since ${new Date(record.since).toISOString()}`,
  };
  const events = valueOf(readings.moduleEvents);
  const remembered = events && {
    count: events.events.filter((event) => event.name === name && event.action === 'die').length,
    source: 'ends among the events that the engine remembers, of the last 24 hours at most',
  };
  // None is counted twice, and each knows of some that the other does not: the one that knows of more says more.
  if (seen && remembered) return remembered.count > seen.count ? remembered : seen;
  return seen ?? remembered ?? { count: 'unknown', source: 'neither edgeAgent nor the engine could be asked' };
}

/** As `iotedge list` prints it. */
export function moduleListText(modules: readonly ListedModule[]): string {
  const rows = [
    ['NAME', 'STATUS', 'DESCRIPTION', 'Config'],
    ...modules.map(({ name, status, description, config }) => [name, status, description, config]),
  ];
  const widths = [0, 1, 2].map((at) => Math.max(15, ...rows.map((row) => row[at]?.length ?? 0)) + 2);
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('')
          .trimEnd()}\n`,
    )
    .join('');
}

/** One line a module beside it, of what the CLI does not show. */
export function moduleDetailsText(modules: readonly ListedModule[]): string {
  return modules
    .map(({ name, restarts, failures, health, memory, cpuPercent, log }) => {
      const parts = [
        `restarts ${restarts.count} (${restarts.source})`,
        ...(failures === undefined ? [] : [`failures ${failures.seen}, ${failures.captured} captured`]),
        `health ${health}`,
        ...(memory === undefined ? [] : [`memory ${bytesText(memory)}`]),
        ...(cpuPercent === undefined ? [] : [`cpu ${cpuPercent} %`]),
        `log ${log.driver}${log.bytes === undefined ? '' : ` ${bytesText(log.bytes)}`}`,
      ];
      return `${name}: ${parts.join(', ')}\n`;
    })
    .join('');
}
