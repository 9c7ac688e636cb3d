import type { NetworkInspect } from '../../module/docker/docker.ts';
import { type DiskUsage, type PruneWish, planPrune, totalOf } from '../../module/methods/prune-plan.ts';

const day = 86_400;
const now = 1_800_000_000;
const owner = { 'net.azure-devices.edge.owner': 'Microsoft.Azure.Devices.Edge.Agent' };
const wish: PruneWish = {
  images: 'dangling',
  containers: true,
  networks: true,
  cache: true,
  volumes: [],
  olderThanSecs: 0,
};

const usage: DiskUsage = {
  LayersSize: 1000,
  Containers: [
    { Id: 'c-run', Names: ['/run'], ImageID: 'i-run', State: 'running', Created: now - day, SizeRw: 5 },
    {
      Id: 'c-end',
      Names: ['/end'],
      ImageID: 'i-end',
      State: 'exited',
      Created: now - 2 * day,
      SizeRw: 40,
      Mounts: [{ Type: 'volume', Name: 'v-end' }],
    },
    { Id: 'c-new', Names: ['/new'], ImageID: 'i-new', State: 'created', Created: now - 60, SizeRw: 1 },
    {
      Id: 'c-edge',
      Names: ['/edgeHub'],
      ImageID: 'i-edge',
      State: 'exited',
      Created: now - day,
      Labels: owner,
      Mounts: [{ Type: 'volume', Name: 'v-edge' }],
      HostConfig: { NetworkMode: 'edge-net' },
    },
    { Id: 'c-bare', Names: ['/filter'], ImageID: 'i-bare', State: 'exited', Created: now - day },
    {
      Id: 'c-help',
      Names: ['/helper'],
      ImageID: 'i-own',
      State: 'exited',
      Created: now,
      Labels: { 'edge-support.helper': 'x' },
    },
    {
      Id: 'c-paused',
      Names: ['/paused'],
      ImageID: 'i-paused',
      State: 'paused',
      Created: now - day,
      NetworkSettings: { Networks: { used: { NetworkID: 'n-used' } } },
    },
  ],
  Images: [
    ...['i-run', 'i-new', 'i-edge', 'i-bare', 'i-own', 'i-paused'].map((Id) => ({
      Id,
      RepoTags: [`${Id}:1`],
      Created: now - 9 * day,
      Size: 100,
    })),
    { Id: 'i-end', RepoTags: ['end:1', 'end:latest'], Created: now - 9 * day, Size: 100, SharedSize: 60 },
    { Id: 'sha256:loose', RepoTags: ['<none>:<none>'], Created: now - 9 * day, Size: 70, SharedSize: -1 },
    { Id: 'sha256:pulled', RepoTags: null, RepoDigests: ['r/x@sha256:1'], Created: now, Size: 30 },
  ],
  Volumes: [
    { Name: 'v-end', UsageData: { Size: 11, RefCount: 1 } },
    { Name: 'v-edge', UsageData: { Size: 12, RefCount: 1 } },
    { Name: 'v-free', UsageData: { Size: 13, RefCount: 0 } },
    { Name: 'v-unknown', UsageData: { Size: -1, RefCount: -1 } },
  ],
  BuildCache: [
    { ID: 'b-old', Description: 'base', Size: 7, InUse: false, Shared: true, LastUsedAt: '2026-01-01' },
    { ID: 'b-new', Description: 'upon it', Size: 8, InUse: false, LastUsedAt: '2026-01-02' },
    { ID: 'b-used', Size: 9, InUse: true },
  ],
};
const networks = [
  { Id: 'n-bridge', Name: 'bridge' },
  { Id: 'n-iot', Name: 'azure-iot-edge' },
  { Id: 'n-edge', Name: 'edge-net' },
  { Id: 'n-used', Name: 'used' },
  { Id: 'n-free', Name: 'free' },
] as unknown as readonly NetworkInspect[];
// Of `filter` the usage tells no label, as some engines do.
const use = { usage, listed: usage.Containers ?? [], networks, owned: new Set(['c-edge', 'c-bare']) };

const plan = (more: Partial<PruneWish> = {}) => {
  const { remove, volumes, totalBytes } = planPrune(use, { ...wish, ...more }, now * 1000);
  return { ids: remove.map(({ id }) => id), volumes: volumes.map(({ name }) => name), totalBytes };
};

test('what is ended, loose or unused goes, and nothing of IoT Edge', () => {
  expect(plan()).toEqual({
    ids: ['c-end', 'c-new', 'sha256:loose', 'sha256:pulled', 'n-free', 'b-new', 'b-old'],
    volumes: ['v-end', 'v-free', 'v-unknown'],
    totalBytes: 40 + 1 + 70 + 30 + 8,
  });
});

test('of images all that no container that stays is made of, by each of their names', () => {
  expect(plan({ images: 'unused', containers: false }).ids.filter((id) => /^(?:i-|end|sha)/.test(id))).toEqual([
    'sha256:loose',
    'sha256:pulled',
  ]);
  const { ids, totalBytes } = plan({ images: 'unused', networks: false, cache: false });
  expect(ids).toEqual(['c-end', 'c-new', 'i-new:1', 'end:1', 'end:latest', 'sha256:loose', 'sha256:pulled']);
  expect(totalBytes).toBe(40 + 1 + 100 + 40 + 70 + 30);
});

test('only what is old enough, of what has an age', () => {
  expect(plan({ olderThanSecs: day, cache: false, networks: false }).ids).toEqual(['c-end', 'sha256:loose']);
});

test('volumes only by name, and none that a container uses which stays', () => {
  expect(plan({ volumes: ['v-free', 'v-end'] })).toMatchObject({
    ids: expect.arrayContaining(['v-free', 'v-end']),
    volumes: ['v-unknown'],
  });
  expect(() => plan({ volumes: ['v-edge'] })).toThrow('volumes: "v-edge" cannot be removed: a container uses it.');
  expect(() => plan({ volumes: ['v-end'], containers: false })).toThrow('a container uses it');
  expect(() => plan({ volumes: ['v'] })).toThrow('volumes: "v" cannot be removed: there is none of that name.');
});

test('what everything takes counts shared cache once, and unknown sizes not at all', () => {
  expect(totalOf(usage)).toBe(1000 + 46 + 36 + 17);
  expect(totalOf({})).toBe(0);
});
