import { messageOf, SupportError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { within } from '../base/time.ts';
import { hostAccessOff } from '../config/policy.ts';
import type { Settings } from '../config/settings.ts';
import type { ContainerInspect } from '../docker/docker.ts';
import { endOf } from '../docker/helper.ts';
import {
  type EmptiedLog,
  type HostView,
  type JournalAsk,
  type KnownDevice,
  type LogPlace,
  type Place,
  type Probes,
  type Reading,
  type Targets,
  Unavailable,
  type World,
} from './fact.ts';
import { hostJournalMounts, lacksJournal } from './host-journal.ts';
import { readKnownDevice } from './known-device.ts';
import { inspected, ownContainer } from './own-container.ts';
import { passOn } from './pass-on.ts';

/** What a helper container is asked, as JSON on its stdin: to read facts, to pass a part of the journal on, or to empty a log. */
export type ProbeRequest = FactsRequest | JournalRequest | EmptyRequest;

/** To empty a log; its folder is where the helper container sees it. */
export interface EmptyRequest {
  readonly empty: LogPlace;
}

export interface JournalRequest {
  readonly journal: JournalAsk;
  readonly host: HostView;
}

interface FactsRequest {
  readonly names: readonly string[];
  readonly env: World['env'];
  readonly targets: Partial<Targets>;
  readonly host?: HostView;
  /** For everything, from the container's start on; milliseconds. */
  readonly limitMs: number;
}

export interface ProbeParts {
  readonly world: World;
  readonly settings: () => Pick<Settings, 'hostAccess' | 'hostRoot' | 'probeImage'>;
  /** The device paths that the named facts read on the host. */
  readonly mounts: (names: readonly string[], device: KnownDevice) => readonly string[];
  /** Whether any of the named facts has to see the host's processes. */
  readonly processes: (names: readonly string[]) => boolean;
  readonly log: Log;
}

type Readings = Readonly<Record<string, Reading<unknown>>>;

/** Where the host's files are seen inside. */
const root = '/host';

/** Where a log that is to be emptied is seen inside. */
const logFolder = '/log';

/** What is left of the limit when the readings are to be on their way; milliseconds. */
const reserveMs = 500;

/** Older than this is left over from a crash; seconds. No run takes as long. */
const leftoverSecs = 300;

const command = ['node', '--max-semi-space-size=1', '/app/probe.mjs'];

/** Helper containers of this module's own image. */
export function createProbes({ world, settings, mounts, processes, log }: ProbeParts): Probes {
  const { docker, env } = world;

  const removeLeftovers = () => {
    docker.removeHelpers(env.moduleId, leftoverSecs, AbortSignal.timeout(20_000)).catch((error: unknown) => {
      // An engine that cannot be reached, or a proxy that forbids it, is told by the run itself, and at each run.
      const { code } = error as Partial<SupportError>;
      const level = code === 'unavailable' || code === 'forbidden' ? 'debug' : 'warning';
      log[level](`Helper containers of an earlier run could not be removed: ${messageOf(error)}`);
    });
  };

  const ask = async (
    place: Place,
    image: string,
    network: string,
    names: readonly string[],
    limitMs: number,
    signal: AbortSignal,
  ): Promise<Readings> => {
    const started = performance.now();
    removeLeftovers();
    const { hostRoot } = settings();
    const atHost = place === 'host';
    const [{ trust, ...passed }, told] = await Promise.all([
      passOn(world, limitMs * 0.2, signal),
      atHost ? readKnownDevice(docker, hostRoot, signal) : undefined,
    ]);
    // The host has a trust store of its own.
    const targets = { ...world.targets, ...passed, ...(trust && !atHost ? { trust } : {}) };
    const paths = told ? [...new Set(mounts(names, told.device))] : [];
    const binds = paths.map((path) => ({ source: told?.source(path) ?? path, target: `${root}${path}`, path }));
    const input = (refused: readonly string[]) => {
      const missing = binds.filter(({ source }) => refused.includes(source)).map(({ path }) => path);
      const host = told ? { host: { root, origin: hostRoot, missing, device: told.device } } : {};
      const left = limitMs - (performance.now() - started) - reserveMs;
      const request: FactsRequest = { names, env, targets, ...host, limitMs: Math.max(500, left) };
      return JSON.stringify(request);
    };
    const owner = env.moduleId;
    const hostProcesses = processes(names);
    const spec = { image, command, network, mounts: binds, asRoot: binds.length > 0, hostProcesses, owner };
    const { exitCode, stdout, stderr } = await docker.helper(spec, input, signal).catch(hostRefused);
    return parseAnswer<Readings>(exitCode, stdout, stderr);
  };

  return {
    async read(place, names, limitMs, signal) {
      const { hostAccess, probeImage } = settings();
      if (place === 'edge') {
        const there = hostAccess ? await otherNetwork(world, probeImage, limitMs * 0.2, signal) : undefined;
        return there && ask(place, there.image, there.network, names, limitMs, signal);
      }
      if (!hostAccess) throw new Unavailable('host-access-off', hostAccessOff);
      const image = await helperImage(docker, probeImage, signal);
      return ask(place, image, place, names, limitMs, signal);
    },

    async *journal(wanted, signal) {
      const { hostAccess, hostRoot, probeImage } = settings();
      if (!hostAccess) throw new Unavailable('host-access-off', hostAccessOff);
      const image = await helperImage(docker, probeImage, signal);
      removeLeftovers();
      const mounts = hostJournalMounts.map((path) => ({
        source: `${hostRoot}${path}`,
        target: `${root}${path}`,
        path,
      }));
      let missing: readonly string[] = [];
      const input = (refused: readonly string[]) => {
        missing = mounts.filter(({ source }) => refused.includes(source)).map(({ path }) => path);
        const request: JournalRequest = { journal: wanted, host: { root, origin: hostRoot, missing } };
        return JSON.stringify(request);
      };
      const spec = { image, command, network: 'none', mounts, asRoot: true, owner: env.moduleId };
      try {
        yield* docker.helperStream(spec, input, signal);
      } catch (error) {
        if (signal.aborted || !lacksJournal(missing)) return hostRefused(error);
        throw new Unavailable('mount-missing', `The host has no journal or no journalctl: ${missing.join(', ')}.`);
      }
    },

    async emptyLog({ folder, ...log }, signal) {
      const { hostAccess, probeImage } = settings();
      if (!hostAccess) throw new Unavailable('host-access-off', hostAccessOff);
      const image = await helperImage(docker, probeImage, signal);
      removeLeftovers();
      const empty: LogPlace = { ...log, folder: logFolder };
      const mounts = [{ source: folder, target: logFolder, writable: true }];
      const spec = { image, command, network: 'none', mounts, asRoot: true, owner: env.moduleId };
      const request: EmptyRequest = { empty };
      const output = await docker.helper(spec, () => JSON.stringify(request), signal).catch(hostRefused);
      if (output.missing.length > 0) throw new Unavailable('mount-missing', `The engine's host has no ${folder}.`);
      return parseAnswer<EmptiedLog>(output.exitCode, output.stdout, output.stderr);
    },
  };
}

/** Throws what was caught; where a proxy does not let helper containers be started, the host cannot be looked at. */
function hostRefused(error: unknown): never {
  if (error instanceof SupportError && error.code === 'forbidden') {
    throw new Unavailable('host-access-off', error.message);
  }
  throw error;
}

/** The image of helper containers: this module's own. Rejects with Unavailable where it is not known. */
async function helperImage(docker: World['docker'], probeImage: string, signal: AbortSignal): Promise<string> {
  const image = (await ownContainer(docker, signal))?.Image ?? probeImage;
  if (image !== '') return image;
  const set = 'set EDGE_SUPPORT_PROBE_IMAGE to the image of helper containers';
  throw new Unavailable('not-supported', `This module does not run in a container of this engine: ${set}.`);
}

/** The modules' network when this process is not on it. Undefined when it is, or when there is no way to that network. */
async function otherNetwork({ docker }: World, probeImage: string, limitMs: number, outer: AbortSignal) {
  const find = async (signal: AbortSignal) => {
    const own = await ownContainer(docker, signal);
    const image = own?.Image ?? probeImage;
    const [network] = networksOf(await inspected(docker, 'edgeAgent', signal));
    if (network === undefined || image === '' || networksOf(own).includes(network)) return undefined;
    return { image, network };
  };
  try {
    return await within(limitMs, "Looking for the modules' network", find, outer);
  } catch {
    // Without an engine that answers there is no other container to look from: what can be seen from here is.
    outer.throwIfAborted();
    return undefined;
  }
}

const networksOf = (container: ContainerInspect | undefined) =>
  Object.keys(container?.NetworkSettings?.Networks ?? {}).sort();

/** What a helper container said. Its words are not quoted where they are not known to be a sentence. */
export function parseAnswer<T extends object>(exitCode: number, stdout: string, stderr: string): T {
  if (exitCode !== 0) throw new Unavailable('unreadable', endOf(exitCode, stderr));
  try {
    const found: unknown = JSON.parse(stdout);
    if (typeof found === 'object' && found !== null) return found as T;
  } catch {
    // As below.
  }
  throw new Unavailable('unreadable', `The helper container gave ${stdout.length} characters that are no readings.`);
}
