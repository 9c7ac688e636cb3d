import { messageOf, SupportError } from '../base/errors.ts';
import { within } from '../base/time.ts';
import { agentImage } from './agent-image.ts';
import { channel } from './channel.ts';
import { clock } from './clock.ts';
import { clockJump } from './clock-jump.ts';
import { dps } from './dps.ts';
import { edgeAgentMetrics } from './edge-agent-metrics.ts';
import { edgeContainers } from './edge-containers.ts';
import { edgeHubCertificate } from './edge-hub-certificate.ts';
import { edgeHubMetrics } from './edge-hub-metrics.ts';
import { engineInfo } from './engine-info.ts';
import { engineVersion } from './engine-version.ts';
import { environment } from './environment.ts';
import {
  type Fact,
  type KnownDevice,
  type Missing,
  type Place,
  type Probes,
  type Reading,
  Unavailable,
  type World,
} from './fact.ts';
import { hostCertificates } from './host-certificates.ts';
import { hostConfig } from './host-config.ts';
import { hostConfigFiles } from './host-config-files.ts';
import { hostDisks } from './host-disks.ts';
import { hostEngineConfig } from './host-engine-config.ts';
import { hostProxies } from './host-proxies.ts';
import { hostSockets } from './host-sockets.ts';
import { hostState } from './host-state.ts';
import { hostSystem } from './host-system.ts';
import { lastErrors } from './last-errors.ts';
import { latestVersions } from './latest-versions.ts';
import { logStatistics } from './log-statistics.ts';
import { management } from './management.ts';
import { memory } from './memory.ts';
import { moduleEvents } from './module-events.ts';
import { moduleImages } from './module-images.ts';
import { networks } from './networks.ts';
import { resolver } from './resolver.ts';
import { storageTarget } from './storage-target.ts';
import { system } from './system.ts';
import { bridgeUpstream, hostUpstream, upstream } from './upstream.ts';
import { workload } from './workload.ts';

/** Every fact, by the name that checks, the bundle and the tests use. */
export const facts = {
  environment,
  system,
  resolver,
  engineVersion,
  engineInfo,
  edgeContainers,
  networks,
  upstream,
  bridgeUpstream,
  hostUpstream,
  dps,
  clock,
  hostConfig,
  hostCertificates,
  hostEngineConfig,
  hostProxies,
  hostSockets,
  hostSystem,
  hostDisks,
  hostState,
  hostConfigFiles,
  management,
  latestVersions,
  agentImage,
  moduleEvents,
  lastErrors,
  logStatistics,
  memory,
  moduleImages,
  edgeHubMetrics,
  edgeAgentMetrics,
  edgeHubCertificate,
  channel,
  storageTarget,
  workload,
  clockJump,
} satisfies Readonly<Record<string, Fact<unknown>>>;

export type FactName = keyof typeof facts;
export type Facts = { readonly [K in FactName]: Awaited<ReturnType<(typeof facts)[K]['read']>> };
export type Readings<N extends FactName = FactName> = { readonly [K in N]: Reading<Facts[K]> };

/** The device paths that the named facts read on the host. */
export function mountsOf(names: readonly string[], device: KnownDevice): readonly string[] {
  const all: Readonly<Record<string, Fact<unknown>>> = facts;
  return names.flatMap((name) => all[name]?.mounts?.(device) ?? []);
}

/** Whether any of the named facts has to see the host's processes. */
export function seesProcesses(names: readonly string[]): boolean {
  const all: Readonly<Record<string, Fact<unknown>>> = facts;
  return names.some((name) => all[name]?.hostProcesses === true);
}

export interface ReadOptions {
  /** The longest that one fact may take, in milliseconds; 10 s by default. */
  readonly limitMs?: number;
  /** Ends all reading: facts that are not there yet are then unavailable with reason `deadline`. */
  readonly signal?: AbortSignal;
}

/**
 * Reads each named fact once, all at the same time, those of another place in one helper container per place. Never
 * rejects: a fact that fails says why it has no value.
 */
export async function readFacts<N extends FactName>(
  names: readonly N[],
  world: World,
  { limitMs = 10_000, signal }: ReadOptions = {},
): Promise<Readings<N>> {
  const { probes } = world;
  const byPlace = Map.groupBy(new Set(names), (name) => (facts[name] as Fact<unknown>).from);
  const groups = [...byPlace].map(([place, group]) =>
    place && probes ? readThere(place, group, world, probes, limitMs, signal) : readHere(group, world, limitMs, signal),
  );
  return Object.assign({}, ...(await Promise.all(groups))) as Readings<N>;
}

type AnyReadings = Readonly<Record<string, Reading<unknown>>>;

async function readHere(
  names: readonly FactName[],
  world: World,
  limitMs: number,
  outer: AbortSignal | undefined,
): Promise<AnyReadings> {
  const read = async (name: FactName) => [name, await readOne<unknown>(facts[name], world, limitMs, outer)] as const;
  return Object.fromEntries(await Promise.all(names.map(read)));
}

/** One helper container for all of them: when it fails, it fails for each. */
async function readThere(
  place: Place,
  names: readonly FactName[],
  world: World,
  probes: Probes,
  limitMs: number,
  outer: AbortSignal | undefined,
): Promise<AnyReadings> {
  const about = `Reading ${names.length === 1 ? `"${names[0]}"` : `${names.length} facts`} from the ${placeNames[place]}`;
  const probe: Fact<AnyReadings | undefined> = {
    about,
    read: async (_, signal) => probes.read(place, names, limitMs, signal),
  };
  const reading = await readOne(probe, world, limitMs, outer);
  if ('unavailable' in reading) return Object.fromEntries(names.map((name) => [name, reading]));
  const found = reading.value;
  if (found === undefined) return readHere(names, world, limitMs, outer);
  const none: Reading<unknown> = { unavailable: 'unreadable', why: 'The helper container did not answer for it.' };
  return Object.fromEntries(names.map((name) => [name, found[name] ?? none]));
}

const placeNames = { host: 'host', bridge: 'default bridge', edge: "modules' network" } as const;

async function readOne<T>(
  fact: Fact<T>,
  world: World,
  limitMs: number,
  outer: AbortSignal | undefined,
): Promise<Reading<T>> {
  const started = performance.now();
  const took = () => ({ tookMs: Math.round(performance.now() - started) });
  try {
    const value = await within(limitMs, fact.about, (signal) => fact.read(world, signal, limitMs), outer);
    return { value, ...took() };
  } catch (error) {
    return {
      ...(outer?.aborted ? { unavailable: 'deadline', why: messageOf(outer.reason) } : missing(error)),
      ...took(),
    };
  }
}

function missing(error: unknown): Missing {
  const why = messageOf(error);
  if (error instanceof Unavailable) return { unavailable: error.reason, why };
  if (error instanceof SupportError && error.code === 'timeout') return { unavailable: 'deadline', why };
  if (error instanceof SupportError && error.code === 'unavailable') return { unavailable: 'docker-unavailable', why };
  const code = (error as { readonly code?: unknown } | null)?.code;
  if (code === 'forbidden' || code === 'EACCES' || code === 'EPERM') return { unavailable: 'permission-denied', why };
  return { unavailable: 'unreadable', why };
}
