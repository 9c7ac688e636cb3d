import { SupportError } from '../../module/base/errors.ts';
import type { Docker } from '../../module/docker/docker.ts';
import { dispatch } from '../../module/methods/index.ts';
import { memoryDocker } from '../support/memory-docker.ts';
import { services } from '../support/services.ts';

/*
 * What of PruneEngine needs no engine: what changes between a dry run and its token, and answers of other engines.
 */

interface Has {
  containers: { Id: string; ImageID: string; State: string; Created: number; [more: string]: unknown }[];
  images: { Id: string; RepoTags: string[]; Created: number; Size: number }[];
  networks: { Id: string; Name: string }[];
  volumes: { Name: string }[];
  cache: { ID: string; Description: string; Size: number }[];
}

const image = (Id: string, ...RepoTags: string[]) => ({ Id, RepoTags, Created: 1, Size: 10 });

/** An engine that has these, and refuses nothing; `removed` is what it was told to take away. */
function engine(has: Has, more: Partial<Docker> = {}) {
  const removed: string[] = [];
  const docker: Docker = {
    ...memoryDocker({}),
    report: async (what) =>
      what === 'containers'
        ? has.containers
        : { Containers: has.containers, Images: has.images, Volumes: has.volumes, BuildCache: has.cache },
    networkList: async () => has.networks as never,
    imageId: async (name) => has.images.find(({ Id, RepoTags }) => Id === name || RepoTags.includes(name))?.Id ?? '',
    remove: async (what, id) => void removed.push(`${what} ${id}`),
    ...more,
  };
  const own = services({ docker, desired: { policy: { destructiveMethods: ['PruneEngine'] } } });
  const call = async (payload: object) => {
    const { status, body } = await dispatch(
      { name: 'PruneEngine', payload: Buffer.from(JSON.stringify(payload)) },
      own,
    );
    return { status, body: body as Answer };
  };
  return { call, removed, own };
}

interface Answer {
  readonly remove: readonly { readonly what: string; readonly name: string }[];
  readonly confirm: string;
  readonly removed: readonly object[];
  readonly refused: readonly { readonly name: string; readonly why: string }[];
  readonly freedBytes: number | string;
  readonly message: string;
}

const nothing = (): Has => ({ containers: [], images: [], networks: [], volumes: [], cache: [] });

test('what comes into use after it was shown stays, even where the engine would not refuse', async () => {
  const has: Has = {
    ...nothing(),
    images: [image('sha256:a', 'r/a:1', 'r/a:2'), image('sha256:b', 'r/b:1')],
    networks: [{ Id: 'n-1', Name: 'one' }],
    volumes: [{ Name: 'v-1' }, { Name: 'v-2' }],
  };
  const { call, removed } = engine(has);
  const { body } = await call({ images: 'unused', volumes: ['v-1', 'v-2'] });
  expect(body.remove).toHaveLength(6);
  // edgeAgent makes a container that it does not start yet: an engine gives its network away, and a name of its image.
  has.containers.push({
    Id: 'c',
    ImageID: 'sha256:a',
    State: 'created',
    Created: 1,
    Labels: { 'net.azure-devices.edge.owner': 'Microsoft.Azure.Devices.Edge.Agent' },
    NetworkSettings: { Networks: { one: { NetworkID: '' } } },
    Mounts: [{ Type: 'volume', Name: 'v-1' }],
  });
  const { body: done } = await call({ confirm: body.confirm });
  expect(done.refused.map(({ name, why }) => `${name}: ${why}`)).toEqual(
    ['r/a:1', 'r/a:2', 'one', 'v-1'].map((name) => `${name}: it has come into use since it was shown.`),
  );
  expect(removed).toEqual(['image r/b:1', 'volume v-2']);
});

test('a name that stands for another image by now is not taken from it', async () => {
  const has: Has = { ...nothing(), images: [image('sha256:old', 'r/a:latest'), image('sha256:b', 'r/b:latest')] };
  const { call, removed } = engine(has, {
    // Pulled after the lists were read.
    imageId: async (name) => (name === 'r/b:latest' ? 'sha256:newer' : 'sha256:old'),
  });
  const { body } = await call({ images: 'unused' });
  has.images.splice(0, 1, image('sha256:old'), image('sha256:new', 'r/a:latest'));
  const { body: done } = await call({ confirm: body.confirm });
  expect(done.refused.map(({ name, why }) => `${name}: ${why}`)).toEqual([
    'r/a:latest: its name stands for another image by now.',
    'r/b:latest: its name stands for another image by now.',
  ]);
  expect(removed).toEqual([]);
});

test('nothing is taken while containers of IoT Edge are being made anew', async () => {
  const has: Has = { ...nothing(), images: [image('sha256:a', 'r/a:1')] };
  const { call, removed, own } = engine(has);
  const { body } = await call({ images: 'unused' });
  const other = { method: 'RecreateModules', request: {}, timeoutSecs: 60 };
  const { correlationId } = await own.tasks.start(other, () => new Promise(() => undefined));
  expect(await call({ confirm: body.confirm })).toMatchObject({
    status: 409,
    body: { message: expect.stringMatching(/^RecreateModules is under way \(task /) },
  });
  expect(removed).toEqual([]);
  await own.tasks.cancel(correlationId);
  // The token was not used up.
  expect(await call({ confirm: body.confirm })).toMatchObject({ status: 200, body: { removed: [{ name: 'r/a:1' }] } });
});

test('what is gone already is told as such', async () => {
  const has: Has = { ...nothing(), networks: [{ Id: 'n-1', Name: 'one' }] };
  const { call, removed } = engine(has);
  const { body } = await call({});
  has.networks.splice(0);
  expect((await call({ confirm: body.confirm })).body.removed).toEqual([
    { what: 'network', name: 'one', bytes: 0, goneAlready: true },
  ]);
  expect(removed).toEqual([]);
});

test('what was done is told, also when the engine cannot be asked any more', async () => {
  const has: Has = { ...nothing(), networks: [{ Id: 'n-1', Name: 'one' }] };
  let gone = false;
  const { call } = engine(has, {
    networkList: async () => {
      if (gone) throw new SupportError('unavailable', 'list networks: the container engine cannot be reached.');
      return has.networks as never;
    },
    remove: async () => {
      gone = true;
    },
  });
  const { body } = await call({});
  expect(await call({ confirm: body.confirm })).toEqual({
    status: 200,
    body: { removed: [{ what: 'network', name: 'one', bytes: 0 }], freedBytes: 'unknown' },
  });
});

test('an engine that tells of containers only in its list plans nothing that they use', async () => {
  // As Podman does it: no labels, networks or mounts with the usage, and ids without their algorithm.
  const has: Has = {
    ...nothing(),
    images: [image('a'.repeat(64), 'r/a:1')],
    networks: [{ Id: 'n-1', Name: 'one' }],
    volumes: [{ Name: 'v-1' }],
  };
  const bare = {
    Id: 'c',
    ImageID: 'r/a:1',
    State: 'exited',
    Created: 1,
    Labels: {},
    Mounts: null,
    NetworkSettings: null,
  };
  const listed = {
    ...bare,
    ImageID: `sha256:${'a'.repeat(64)}`,
    State: 'running',
    Mounts: [{ Type: 'volume', Name: 'v-1' }],
    NetworkSettings: { Networks: { one: { NetworkID: 'n-1' } } },
  };
  const { call } = engine(has, {
    report: async (what) =>
      what === 'containers' ? [listed] : { Containers: [bare], Images: has.images, Volumes: has.volumes },
  });
  expect((await call({ images: 'unused' })).body).toEqual({
    dryRun: true,
    remove: [],
    totalBytes: 0,
    unusedVolumes: [],
  });
  expect(await call({ volumes: ['v-1'] })).toMatchObject({ status: 400 });
});

test('the longest names and refusals there are fit the answer', async () => {
  const cache = Array.from({ length: 400 }, (_, at) => ({
    ID: `b-${at}`,
    Description: `mount / from exec /bin/sh -c ${'apt-get install '.repeat(100)}`,
    Size: 1,
  }));
  const { call } = engine(
    { ...nothing(), cache },
    {
      remove: async () => {
        throw new SupportError('conflict', 'no room '.repeat(200));
      },
    },
  );
  const { status, body } = await call({});
  expect({ status, shown: body.remove.length }).toEqual({ status: 200, shown: 300 });
  const { status: done, body: answer } = await call({ confirm: body.confirm });
  expect({ done, refused: answer.refused.length }).toEqual({ done: 200, refused: 300 });
});
