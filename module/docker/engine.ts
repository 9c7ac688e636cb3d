import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { inspect as formatted } from 'node:util';
import Dockerode from 'dockerode';
import { SupportError } from '../base/errors.ts';
import { sleep } from '../base/time.ts';
import { type EngineAddress, parseDockerHost } from './address.ts';
import {
  type ContainerInspect,
  type Docker,
  type EngineReport,
  type LogQuery,
  type NetworkInspect,
  ownerLabel,
  ownerValue,
  type Removable,
} from './docker.ts';
import { followedActions, readEvents, readFollowed } from './events.ts';
import { createHelpers } from './helper.ts';
import { checkedImage } from './image-name.ts';
import { readMemoryUse } from './memory-use.ts';
import { type Ask, createRequests, type Modem } from './request.ts';

/** What the engine accepts as a container's name or id (moby, `daemon/names`); networks are held to it too. */
const nameShape = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;

/** Where the engine reports; `df` looks at every layer, which takes an old disk its time. */
const reports: Readonly<Record<EngineReport, { readonly path: string; readonly query?: Record<string, string> }>> = {
  version: { path: '/version' },
  info: { path: '/info' },
  df: { path: '/system/df' },
  images: { path: '/images/json' },
  containers: { path: '/containers/json', query: { all: 'true', size: 'false' } },
};
const reportMs = 60_000;

/** The container engine behind DOCKER_HOST (see parseDockerHost). Nothing is opened before the first call. */
export function createEngine(dockerHost: string): Docker {
  const where = parseDockerHost(dockerHost);
  const address =
    'socketPath' in where ? `unix://${where.socketPath}` : `${where.protocol}://${where.host}:${where.port}`;
  const dockerode = new Dockerode(modemOptions(where));
  const { modem } = dockerode as { modem: Modem };
  const { version, agreedOn, json, order, trickle, stream } = createRequests(modem, where, address);
  const helpers = createHelpers(dockerode, address);
  let helpersSeen = false;

  const inspect: Docker['inspect'] = async (name, signal) => {
    const path = `/containers/${checked('container', name)}/json`;
    return (await json({ what: `inspect ${name}`, path }, signal)) as ContainerInspect;
  };

  const networkList: Docker['networkList'] = async (signal) =>
    (await json({ what: 'list networks', path: '/networks' }, signal)) as NetworkInspect[];

  return {
    address,
    version,
    inspect,

    answered: () => helpersSeen || agreedOn(),

    ...helpers,

    // The first that is asked at a start.
    async removeHelpers(owner, olderThanSecs, signal) {
      const count = await helpers.removeHelpers(owner, olderThanSecs, signal);
      helpersSeen = true;
      return count;
    },

    async info(signal) {
      const raw = (await json({ what: 'info', path: '/info' }, signal)) as Readonly<Record<string, unknown>>;
      const text = (key: string) => String(raw[key] ?? '');
      return {
        name: text('Name'),
        serverVersion: text('ServerVersion'),
        loggingDriver: text('LoggingDriver'),
        systemTime: text('SystemTime'),
        httpProxy: text('HttpProxy'),
        httpsProxy: text('HttpsProxy'),
        noProxy: text('NoProxy'),
        dockerRootDir: text('DockerRootDir'),
        raw,
      };
    },

    async modules(signal) {
      const query = { all: 'true', filters: JSON.stringify({ label: [`${ownerLabel}=${ownerValue}`] }) };
      const found = (await json(
        { what: 'list containers', path: '/containers/json', query },
        signal,
      )) as ListedContainer[];
      return found
        .map((container) => ({
          name: ownName(container.Names),
          containerId: container.Id,
          image: container.Image,
          state: container.State,
          status: container.Status,
          labels: container.Labels,
        }))
        .filter(({ name }) => name !== '')
        .sort(byKey(({ name }) => name));
    },

    async logs(name, query, signal) {
      const { Config } = await inspect(name, signal);
      const ask = { what: `logs of ${name}`, path: `/containers/${name}/logs`, query: logQuery(query) };
      return { tty: Config.Tty, body: await stream(ask, signal) };
    },

    async events(since, until, signal) {
      const query = {
        since: (since / 1000).toFixed(3),
        until: (until / 1000).toFixed(3),
        filters: JSON.stringify({ type: ['container'], label: [`${ownerLabel}=${ownerValue}`] }),
      };
      const parts: Buffer[] = [];
      const body = await trickle({ what: 'events', path: '/events', query }, signal);
      for await (const part of untilSilent(body, silentMs)) parts.push(part);
      return readEvents(Buffer.concat(parts).toString());
    },

    async *follow(since, signal) {
      const query = {
        since: (since / 1000).toFixed(3),
        filters: JSON.stringify({
          type: ['container'],
          label: [`${ownerLabel}=${ownerValue}`],
          event: followedActions,
        }),
      };
      yield* readFollowed(await trickle({ what: 'events', path: '/events', query }, signal));
    },

    async stats(name, signal) {
      const path = `/containers/${checked('container', name)}/stats`;
      const query = { stream: 'false', 'one-shot': 'true' };
      return readMemoryUse(await json({ what: `stats of ${name}`, path, query }, signal));
    },

    report(what, signal) {
      return json({ what, ...reports[what] }, signal, reportMs);
    },

    rawStats(name, signal) {
      // Without `one-shot`: the engine then takes a second to see how much of the processor is used.
      const path = `/containers/${checked('container', name)}/stats`;
      return json({ what: `stats of ${name}`, path, query: { stream: 'false' } }, signal);
    },

    async imageId(name, signal) {
      const path = `/images/${checkedImage(name)}/json`;
      const { Id } = (await json({ what: `image ${name}`, path }, signal)) as { readonly Id?: unknown };
      return String(Id ?? '');
    },

    async restart(name, signal) {
      const path = `/containers/${checked('container', name)}/restart`;
      await order({ what: `restart ${name}`, path, method: 'POST' }, signal);
    },

    async stop(name, signal) {
      await order(
        { what: `stop ${name}`, path: `/containers/${checked('container', name)}/stop`, method: 'POST' },
        signal,
      );
    },

    async remove(what, id, signal, force = false) {
      await order({ what: `remove ${what} ${id}`, ...removal(what, id, force) }, signal);
    },

    networkList,

    async networks(signal) {
      return (await networkList(signal)).map(({ Name }) => Name).sort(byKey((name) => name));
    },

    async network(name, signal) {
      const path = `/networks/${checked('network', name)}`;
      return (await json({ what: `network ${name}`, path }, signal)) as NetworkInspect;
    },

    async distribution(image, signal) {
      const path = `/distribution/${checkedImage(image)}/json`;
      const answer = (await json({ what: `distribution ${image}`, path }, signal)) as DistributionAnswer;
      return { digest: String(answer.Descriptor?.digest ?? '') };
    },
  };
}

/** What is past comes at once. An engine whose clock is behind ours would go on until the time that we named; milliseconds. */
const silentMs = 3000;

/** A body up to where nothing comes for so long. */
async function* untilSilent(body: AsyncIterable<Buffer>, ms: number): AsyncGenerator<Buffer> {
  const parts = body[Symbol.asyncIterator]();
  const silence = new AbortController();
  try {
    for (;;) {
      const silent = sleep(ms, silence.signal).then(
        () => undefined,
        () => undefined,
      );
      const next = await Promise.race([parts.next(), silent]);
      if (!next || next.done) return;
      yield next.value;
    }
  } finally {
    silence.abort();
    // Not waited for: it may be waiting for the next piece.
    parts.return?.().then(undefined, () => undefined);
  }
}

type ListedContainer = Dockerode.ContainerInfo;

interface DistributionAnswer {
  readonly Descriptor?: { readonly digest?: unknown };
}

/** Every option is named, because docker-modem fills what is missing from its own reading of the environment. */
function modemOptions(where: EngineAddress): object {
  const own = { socketPath: undefined, host: undefined, port: undefined, protocol: 'http', ...where };
  const agent = own.protocol === 'https' ? new HttpsAgent({ keepAlive: false }) : new HttpAgent({ keepAlive: false });
  // docker-modem has every request's options written out for its debug log, switched on or not, the agent with all its sockets.
  Object.assign(agent, { [formatted.custom]: () => '' });
  return { ...own, agent, pathPrefix: '/', version: undefined, timeout: undefined };
}

const imageId = /^sha256:[0-9a-f]{64}$/;

/** Where the engine takes what away. `noprune` is left out: an image's layers go with it, which is what makes room. */
function removal(what: Removable, id: string, force: boolean): Pick<Ask, 'path' | 'method' | 'query'> {
  switch (what) {
    case 'image':
      return { method: 'DELETE', path: `/images/${imageId.test(id) ? id : checkedImage(id)}` };
    case 'cache':
      // One record of BuildKit's; the classic builder keeps none.
      return {
        method: 'POST',
        path: '/build/prune',
        query: { all: 'true', filters: JSON.stringify({ id: { [id]: true } }) },
      };
    case 'container':
      return {
        method: 'DELETE',
        path: `/containers/${checked(what, id)}`,
        query: { force: String(force), v: 'false' },
      };
    default:
      return { method: 'DELETE', path: `/${what}s/${checked(what, id)}` };
  }
}

/** A container is listed under its own name, `/edgeHub`, and under the names that links give it, `/other/edgeHub`. */
function ownName(names: readonly string[]): string {
  return names.find((name) => name.lastIndexOf('/') === 0)?.slice(1) ?? '';
}

function byKey<T>(key: (item: T) => string): (a: T, b: T) => number {
  return (a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0);
}

function logQuery({ since, until, tail, timestamps }: LogQuery): Readonly<Record<string, string>> {
  return {
    stdout: 'true',
    stderr: 'true',
    follow: 'false',
    timestamps: String(timestamps ?? false),
    tail: tail === undefined ? 'all' : String(tail),
    since: String(since ?? 0),
    ...(until === undefined ? {} : { until: String(until) }),
  };
}

function checked(kind: string, name: string): string {
  if (nameShape.test(name)) return name;
  throw new SupportError('bad-request', `"${name}" is not a ${kind} name: expected letters, digits, "_", "." or "-".`);
}
