import { type LocalEdge, startLocalEdge } from '../../sim/edge.ts';
import { ownerLabel, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { waitFor } from '../../sim/wait.ts';
import { plantedSecrets } from '../../sim/workloads.ts';
import { bundleOf } from '../bundle/support/bundle-of.ts';
import { testEngine } from '../support/local-edge.ts';
import { unzip } from '../support/unzip.ts';

/* As an operator has it: switched on by the twin, seen in ListModules and in the bundle, uploaded by itself. */

let edge: LocalEdge;
let module: Awaited<ReturnType<LocalEdge['startModule']>>;
beforeAll(async () => {
  edge = await startLocalEdge({ engine: testEngine(), workloads: false });
  module = await edge.startModule({ as: 'process' });
}, 60_000);
afterAll(() => edge?.stop(), 30_000);

async function crash(name: string): Promise<void> {
  const { docker, runId } = edge.engine;
  const container = await docker.createContainer({
    name,
    Image: await buildWorkloadImage(docker),
    Cmd: ['sh', '-c', 'echo "key $SharedAccessKey"; exit 3'],
    Env: [`SharedAccessKey=${plantedSecrets.sharedAccessKey}`],
    Labels: { [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent', [simLabel]: runId },
    HostConfig: { NetworkMode: 'none' },
  });
  await container.start();
  await container.wait();
}

interface Row {
  readonly name: string;
  readonly restarts: { readonly count: number; readonly source: string };
  readonly failures?: { readonly seen: number; readonly captured: number; readonly last: { readonly kind: string } };
}

async function row(name: string): Promise<Row | undefined> {
  const { payload } = await edge.invoke('ListModules', {});
  return (payload as { readonly modules: readonly Row[] }).modules.find((one) => one.name === name);
}

const logged = (text: string) =>
  waitFor(`"${text}" in the log`, async () => (await module.log()).includes(text) || undefined, { limitMs: 15_000 });

/** The failures in a bundle of nothing else. */
async function bundled(): Promise<ReadonlyMap<string, Buffer>> {
  const { files, manifest } = await bundleOf(edge, { include: ['failures'] });
  expect(manifest.entries.filter(({ status }) => status !== 'success')).toEqual([]);
  return new Map([...files].filter(([name]) => name.startsWith('failures/')));
}

const filesOf = (module: string) =>
  ['about.json', 'inspect.json', 'log.txt'].map((file) =>
    expect.stringMatching(new RegExp(`^failures/[\\dTZ.-]+-${module}/${file}$`)),
  );

test('off, a crash leaves nothing', async () => {
  await crash('unseen');
  expect((await row('unseen'))?.failures).toBeUndefined();
  expect([...(await bundled()).keys()]).toEqual([]);
}, 30_000);

test('on by the twin, a crash is in the module list and in every bundle, without secrets', async () => {
  edge.hub.patchDesired(edge.moduleId, { collectOnFailure: { enabled: true } });
  await logged('CollectOnFailure is on');
  await crash('seen');
  await logged('seen died with exit code 3; what there is of it was kept');
  expect(await row('seen')).toMatchObject({
    restarts: { count: 1, source: expect.stringMatching(/^ends that this module saw since|^ends among the events/) },
    failures: { seen: 1, captured: 1, last: { kind: 'died', exitCode: 3 } },
  });
  for (let time = 0; time < 2; time += 1) {
    const files = await bundled();
    expect([...files.keys()]).toEqual(['failures/record.json', ...filesOf('seen')]);
    const [record, about, inspect, log] = [...files.values()].map(String);
    expect(JSON.parse(record ?? '')).toMatchObject({ modules: { seen: { ends: 1, failures: 1, captured: 1 } } });
    expect(JSON.parse(about ?? '')).toMatchObject({ module: 'seen', kind: 'died', exitCode: 3 });
    expect(JSON.parse(inspect ?? '')).toMatchObject([{ Name: '/seen', State: { ExitCode: 3 } }]);
    expect(log).toMatch(/^key ‹secret:[0-9a-f]{12}›\n$/);
    expect([...files.values()].join('')).not.toContain(plantedSecrets.sharedAccessKey);
  }
}, 60_000);

test('what waits is uploaded when the twin says so, in one zip, once, also when the module is killed meanwhile; then off by the twin', async () => {
  const storage = { sasUrl: edge.blob.containerSasUrl() };
  await crash('seen-too');
  await logged('seen-too died with exit code 3; what there is of it was kept');
  const wall = edge.blob.faults.at(({ method }) => method === 'PUT', 'lost', Number.POSITIVE_INFINITY);
  edge.hub.patchDesired(edge.moduleId, { storage, collectOnFailure: { upload: true } });
  await wall.hit();
  await module.kill();
  await edge.blob.faults.heal();
  module = await edge.startModule({ as: 'process' });
  const tasks = async () => {
    const { payload } = await edge.invoke('ListTasks', {});
    const all = (payload as { tasks: readonly { method: string; status: string }[] }).tasks;
    return all.filter(({ method }) => method === 'CollectOnFailure');
  };
  const uploaded = async () => ((await tasks())[0]?.status === 'Completed' ? edge.blob.list() : undefined);
  const all = await waitFor('the upload', uploaded, { limitMs: 30_000, everyMs: 200 });
  const blobs = all.filter(({ name }) => name.includes('failure'));
  expect(blobs.map(({ name }) => name)).toEqual([expect.stringMatching(/\/failures-[\d-]+\.zip$/)]);
  const files = await unzip(await edge.blob.download(blobs[0]?.name ?? ''));
  expect([...files.keys()]).toEqual([...filesOf('seen'), ...filesOf('seen-too')]);
  expect([...files.values()].join('')).not.toContain(plantedSecrets.sharedAccessKey);

  edge.hub.patchDesired(edge.moduleId, { collectOnFailure: { enabled: false } });
  await logged('CollectOnFailure is off');
  await crash('unseen-again');
  expect((await row('unseen-again'))?.failures).toBeUndefined();
  expect(await tasks()).toHaveLength(1);
  expect(await module.log()).not.toContain(plantedSecrets.sharedAccessKey);
}, 60_000);
