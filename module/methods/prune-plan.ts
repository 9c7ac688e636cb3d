import { SupportError } from '../base/errors.ts';
import type { Docker, NetworkInspect, Removable } from '../docker/docker.ts';
import { ownerLabel, ownerValue } from '../docker/docker.ts';
import { helperLabel } from '../docker/helper-container.ts';

/** One thing that would go. */
export interface Unused {
  readonly what: Removable;
  /** As the engine is told it. */
  readonly id: string;
  /** As a person knows it. */
  readonly name: string;
  /** That go with it, as the engine counts them. */
  readonly bytes: number;
  /** Since when nothing uses it, or when it was made; ISO 8601. */
  readonly since?: string;
  /** Of a name of an image: the image that it stands for. */
  readonly imageId?: string;
}

/** What a prune is to take. */
export interface PruneWish {
  /** `dangling`: without a name; `unused`: all that no container is made of. */
  readonly images: 'none' | 'dangling' | 'unused';
  readonly containers: boolean;
  readonly networks: boolean;
  readonly cache: boolean;
  /** Volumes hold data: only those that are named. */
  readonly volumes: readonly string[];
  /** Only what is older; seconds. 0 for all. Of networks, volumes and cache the engine does not tell since when they are unused. */
  readonly olderThanSecs: number;
}

/** What of the engine's answer to `GET /system/df` is looked at (Docker Engine API, SystemDataUsage). */
export interface DiskUsage {
  readonly Containers?: readonly RawContainer[] | null;
  readonly Images?: readonly RawImage[] | null;
  readonly Volumes?: readonly RawVolume[] | null;
  readonly BuildCache?: readonly RawCache[] | null;
  readonly LayersSize?: number;
}

interface RawContainer {
  readonly Id: string;
  readonly Names?: readonly string[];
  readonly ImageID: string;
  readonly State: string;
  /** Unix seconds. */
  readonly Created: number;
  readonly SizeRw?: number;
  readonly Labels?: Readonly<Record<string, string>> | null;
  readonly Mounts?: readonly { readonly Type?: string; readonly Name?: string }[];
  readonly NetworkSettings?: {
    readonly Networks?: Readonly<Record<string, { readonly NetworkID?: string }>> | null;
  } | null;
  readonly HostConfig?: { readonly NetworkMode?: string };
}

interface RawImage {
  readonly Id: string;
  readonly RepoTags?: readonly string[] | null;
  readonly RepoDigests?: readonly string[] | null;
  readonly Created: number;
  readonly Size: number;
  readonly SharedSize?: number;
}

interface RawVolume {
  readonly Name: string;
  readonly CreatedAt?: string;
  readonly UsageData?: { readonly Size: number; readonly RefCount: number } | null;
}

interface RawCache {
  readonly ID: string;
  readonly Type?: string;
  readonly Description?: string;
  readonly Size: number;
  readonly InUse?: boolean;
  readonly Shared?: boolean;
  readonly LastUsedAt?: string | null;
}

export interface EngineUse {
  readonly usage: DiskUsage;
  /** The engine's list of containers: not every engine tells with the usage what a container is made of and uses. */
  readonly listed: readonly RawContainer[];
  readonly networks: readonly NetworkInspect[];
  /** Ids of IoT Edge's containers, asked for by themselves: not every engine tells labels with the usage. */
  readonly owned: ReadonlySet<string>;
}

export interface PrunePlan {
  readonly remove: readonly Unused[];
  /** Unused volumes that were not named: they may be. */
  readonly volumes: readonly { readonly name: string; readonly bytes: number }[];
  readonly totalBytes: number;
}

/** The engine's own networks, which it does not give away; and IoT Edge's by its usual name. */
const keptNetworks = ['bridge', 'host', 'none', 'ingress', 'docker_gwbridge', 'azure-iot-edge'];

/**
 * Works out what is unused, as `docker system prune` does, except that nothing of IoT Edge is: neither its containers, ended
 * ones too, nor their images, networks and volumes. SupportError bad-request for a volume that is used or not there.
 */
export function planPrune({ usage, listed, networks, owned }: EngineUse, wish: PruneWish, nowMs: number): PrunePlan {
  const containers = joined(usage.Containers ?? [], listed);
  const old = (unixSecs: number) => nowMs / 1000 - unixSecs >= wish.olderThanSecs;
  const ended = wish.containers
    ? containers.filter(
        (one) =>
          isForeign(one) && !owned.has(one.Id) && ['exited', 'dead', 'created'].includes(one.State) && old(one.Created),
      )
    : [];
  // What an ended container uses is free with it only if that one goes too.
  const staying = containers.filter((one) => !ended.includes(one));
  const images = unusedImages(usage.Images ?? [], staying, wish.images).filter(({ Created }) => old(Created));
  const volumes = (usage.Volumes ?? []).filter(({ Name }) => !staying.some((one) => mounts(one, Name)));
  const named = wish.volumes.map(
    (name) => volumes.find(({ Name }) => Name === name) ?? refuse(name, usage.Volumes ?? []),
  );
  const remove: Unused[] = [
    ...ended.map((one) => ({
      what: 'container' as const,
      id: one.Id,
      name: one.Names?.[0]?.slice(1) ?? one.Id.slice(0, 12),
      bytes: one.SizeRw ?? 0,
      since: iso(one.Created),
    })),
    ...images.flatMap(imageParts),
    ...(wish.networks ? unusedNetworks(networks, staying) : []),
    ...named.map((one) => ({ what: 'volume' as const, id: one.Name, name: one.Name, bytes: sizeOf(one) })),
    ...(wish.cache ? unusedCache(usage.BuildCache ?? []) : []),
  ];
  return {
    remove,
    volumes: volumes
      .filter(({ Name }) => !wish.volumes.includes(Name))
      .map((one) => ({ name: one.Name, bytes: sizeOf(one) })),
    totalBytes: remove.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

export const renamed = 'its name stands for another image by now.';

/** Tells of what was shown why it is not to be taken any more, if it is not. */
export function changesSince(use: EngineUse, wish: PruneWish, nowMs: number) {
  const { remove, volumes } = planPrune(use, { ...wish, volumes: [] }, nowMs);
  const { Containers, Images, Volumes, BuildCache } = use.usage;
  const free = new Set([...remove.map(keyOf), ...volumes.map(({ name }) => keyOf({ what: 'volume', id: name }))]);
  const there: Readonly<Record<Removable, readonly string[]>> = {
    container: [...use.listed, ...(Containers ?? [])].map(({ Id }) => Id),
    image: (Images ?? []).flatMap((image) => [image.Id, ...tagsOf(image)]),
    network: use.networks.map(({ Id }) => Id),
    volume: (Volumes ?? []).map(({ Name }) => Name),
    cache: (BuildCache ?? []).map(({ ID }) => ID),
  };
  return (one: Unused): { readonly gone: boolean; readonly why: string } | undefined => {
    if (free.has(keyOf(one))) return undefined;
    const gone = !there[one.what].includes(one.id);
    const moved =
      one.imageId !== undefined &&
      (Images ?? []).some((image) => image.Id !== one.imageId && tagsOf(image).includes(one.id));
    return { gone, why: moved ? renamed : 'it has come into use since it was shown.' };
  };
}

const keyOf = ({ what, id, imageId = '' }: Pick<Unused, 'what' | 'id' | 'imageId'>) => `${what} ${id} ${imageId}`;

/** All that the engine has on the disk; the difference of two is what was freed. */
export function totalOf({ LayersSize = 0, Containers, Volumes, BuildCache }: DiskUsage): number {
  const sum = (sizes: readonly number[]) => sizes.reduce((total, size) => total + Math.max(0, size), 0);
  return (
    LayersSize +
    sum((Containers ?? []).map(({ SizeRw = 0 }) => SizeRw)) +
    sum((Volumes ?? []).map(sizeOf)) +
    sum((BuildCache ?? []).filter(({ Shared }) => !Shared).map(({ Size }) => Size))
  );
}

/** What the engine has and uses now. */
export async function readUse(docker: Docker, signal: AbortSignal): Promise<EngineUse> {
  const [usage, networks] = await Promise.all([docker.report('df', signal), docker.networkList(signal)]);
  // After the others: what has been made meanwhile uses what is there.
  const [listed, modules] = await Promise.all([docker.report('containers', signal), docker.modules(signal)]);
  return {
    usage: usage as DiskUsage,
    networks,
    listed: listed as readonly RawContainer[],
    owned: new Set(modules.map(({ containerId }) => containerId)),
  };
}

/** What is known of each container from both lists; one that was made or removed between them counts as using things. */
function joined(usage: readonly RawContainer[], listed: readonly RawContainer[]): readonly Joined[] {
  const ids = [...new Set([...listed, ...usage].map(({ Id }) => Id))];
  return ids.map((id) => {
    const views = [listed, usage].flatMap((list) => list.find(({ Id }) => Id === id) ?? []);
    const [first, last] = [views[0], views.at(-1)] as [RawContainer, RawContainer];
    return { ...last, ...first, SizeRw: last.SizeRw ?? first.SizeRw ?? 0, views };
  });
}

interface Joined extends RawContainer {
  readonly views: readonly RawContainer[];
}

const isForeign = (one: Joined) => one.views.length === 2 && one.views.every(isUnlabelled);

const isUnlabelled = ({ Labels }: RawContainer) =>
  Labels?.[ownerLabel] !== ownerValue && Labels?.[helperLabel] === undefined;

function unusedImages(all: readonly RawImage[], staying: readonly Joined[], which: PruneWish['images']) {
  if (which === 'none') return [];
  const used = new Set(staying.flatMap(({ views }) => views.map(({ ImageID }) => bareId(ImageID))));
  return all.filter((image) => !used.has(bareId(image.Id)) && (which === 'unused' || tagsOf(image).length === 0));
}

/** Some engines leave the algorithm out in one list and not in the other. */
const bareId = (id: string) => id.replace(/^sha256:/, '');

const tagsOf = ({ RepoTags }: RawImage) => (RepoTags ?? []).filter((tag) => !tag.startsWith('<none>'));

/** An image with several names goes when the last of them is taken from it. */
function imageParts(image: RawImage): Unused[] {
  const tags = tagsOf(image);
  const bytes = Math.max(0, image.Size - Math.max(0, image.SharedSize ?? 0));
  const since = iso(image.Created);
  const digest = (image.RepoDigests ?? []).find((name) => !name.startsWith('<none>'));
  if (tags.length === 0) return [{ what: 'image', id: image.Id, name: digest ?? image.Id.slice(0, 19), bytes, since }];
  return tags.map((tag, at) => ({
    what: 'image',
    id: tag,
    name: tag,
    bytes: at === tags.length - 1 ? bytes : 0,
    since,
    imageId: image.Id,
  }));
}

function unusedNetworks(all: readonly NetworkInspect[], staying: readonly Joined[]): Unused[] {
  const used = new Set(
    staying
      .flatMap(({ views }) => views)
      .flatMap(({ NetworkSettings, HostConfig }) => [
        ...Object.entries(NetworkSettings?.Networks ?? {}).flatMap(([name, { NetworkID = name }]) => [name, NetworkID]),
        HostConfig?.NetworkMode ?? '',
      ]),
  );
  return all
    .filter(({ Id, Name }) => !keptNetworks.includes(Name) && !used.has(Name) && !used.has(Id))
    .map(({ Id, Name, Created }) => ({ what: 'network', id: Id, name: Name, bytes: 0, since: Created }));
}

const unusedCache = (all: readonly RawCache[]): Unused[] =>
  all
    .filter(({ InUse }) => !InUse)
    // A record goes only after those that were made of it.
    .sort((a, b) => ((a.LastUsedAt ?? '') < (b.LastUsedAt ?? '') ? 1 : -1))
    .map(({ ID, Type, Description, Size, Shared }) => ({
      what: 'cache',
      id: ID,
      name: Description ?? Type ?? ID,
      bytes: Shared ? 0 : Size,
    }));

const mounts = ({ views }: Joined, volume: string) =>
  views.some(({ Mounts }) => (Mounts ?? []).some(({ Type, Name }) => Type === 'volume' && Name === volume));

/** -1 where the driver does not tell. */
const sizeOf = ({ UsageData }: RawVolume) => Math.max(0, UsageData?.Size ?? 0);

const iso = (unixSecs: number) => new Date(unixSecs * 1000).toISOString();

function refuse(name: string, all: readonly RawVolume[]): never {
  const why = all.some(({ Name }) => Name === name) ? 'a container uses it' : 'there is none of that name';
  throw new SupportError('bad-request', `volumes: "${name}" cannot be removed: ${why}.`);
}
