import { stat } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { LocalEdge } from '../../sim/edge.ts';
import { ownerLabel, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { holdUplink } from '../../sim/uplink.ts';
import { waitFor } from '../../sim/wait.ts';
import { auditedEnds } from '../support/audit.ts';
import { startTestEdge } from '../support/local-edge.ts';
import { taskOf } from '../support/task.ts';

/*
 * What takes something away: CleanModuleLogs, PruneEngine and RecreateModules, on a device whose modules are made anew as
 * edgeAgent does it.
 */

let edge: LocalEdge;
let module: Awaited<ReturnType<LocalEdge['startModule']>>;
let untended: () => Promise<void>;
const allowed = { EDGE_SUPPORT_DESTRUCTIVE_METHODS: '*', EDGE_SUPPORT_PROTECTED_MODULES: 'ttyModule' };

beforeAll(async () => {
  edge = await startTestEdge();
  module = await edge.startModule({ as: 'process', probes: true, env: allowed });
  await holdUplink(edge.engine);
  untended = (edge.workloads as NonNullable<LocalEdge['workloads']>).tend();
}, 90_000);
afterAll(async () => {
  await untended?.();
  await edge?.stop();
}, 30_000);

/** Kills the module and starts it again, with the same data. */
const startAgain = async () => {
  await module.kill();
  module = await edge.startModule({ as: 'process', probes: true, env: allowed });
};

const call = (method: string, payload: object = {}) => edge.invoke(method, payload, { timeoutSecs: 60 });
const task = (payload: unknown, perhaps?: 'ended') =>
  taskOf(payload, (method, more) => edge.invoke(method, more), perhaps);
const inspect = (name: string) => edge.engine.docker.getContainer(name).inspect();
const refusal = async (method: string, payload: object) => {
  const { status, payload: body } = await call(method, payload);
  return [status, (body as { readonly message?: string }).message];
};

/** A module that has said a good deal and goes on. */
async function deployTalker(name: string, logConfig: Readonly<Record<string, string>>, type = 'json-file') {
  const container = await edge.engine.docker.createContainer({
    name,
    Image: await buildWorkloadImage(edge.engine.docker),
    Cmd: [
      'sh',
      '-c',
      'i=0; while [ $i -lt 3000 ]; do echo "line $i of the old log"; i=$((i+1)); done; while :; do echo new; sleep 0.2; done',
    ],
    Labels: { [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent', [simLabel]: edge.engine.runId },
    StopTimeout: 1,
    HostConfig: { NetworkMode: 'none', LogConfig: { Type: type, Config: logConfig } },
  });
  await container.start();
  await waitFor('its log', async () => (await logOf(name)).includes('new') || undefined, { limitMs: 20_000 });
}

interface PlannedLog {
  readonly id: string;
  readonly bytes: number;
  readonly files: number;
  readonly frees: number;
}

const modulesOf = (payload: unknown) => (payload as { readonly modules: readonly PlannedLog[] }).modules;

const logOf = async (name: string) =>
  (await edge.engine.docker.getContainer(name).logs({ stdout: true, stderr: true })).toString();

describe('CleanModuleLogs', () => {
  test('shows what logs take, and empties one while its module goes on', async () => {
    await deployTalker('talker', {});
    const { payload } = await call('CleanModuleLogs');
    const before = modulesOf(payload).find(({ id }) => id === 'talker');
    expect(before?.bytes).toBeGreaterThan(80_000);
    expect(before?.frees).toBe(before?.bytes);

    const { LogPath: path, Id } = await inspect('talker');
    const { status, payload: cleaned } = await call('CleanModuleLogs', { id: 'talker', confirm: true });
    expect({ status, cleaned }).toMatchObject({ status: 200, cleaned: { id: 'talker', freed: { files: 1 } } });
    expect((cleaned as { freed: { bytes: number } }).freed.bytes).toBeGreaterThanOrEqual(before?.bytes ?? 0);
    await waitFor('a new line', async () => (await logOf('talker')).includes('new') || undefined, { limitMs: 10_000 });
    expect(await logOf('talker')).not.toContain('of the old log');
    expect((await stat(path)).size).toBeLessThan(10_000);
    expect((await inspect('talker')).Id).toBe(Id);
  }, 60_000);

  test('of a log that is rotated the current file stays, to which the engine does not append', async () => {
    await deployTalker('rotating', { 'max-size': '100k', 'max-file': '4' });
    const { payload } = await call('CleanModuleLogs', { id: 'rotating' });
    const [before] = modulesOf(payload);
    expect(before).toMatchObject({ id: 'rotating', files: 3 });
    expect(await logOf('rotating')).toContain('line 0 of the old log');
    const { payload: cleaned } = await call('CleanModuleLogs', { id: 'rotating', confirm: true });
    expect(cleaned).toMatchObject({ freed: { files: 2 }, stays: expect.stringContaining('within max-size') });
    expect((cleaned as { freed: { bytes: number } }).freed.bytes).toBeGreaterThanOrEqual(Number(before?.frees));
    await waitFor('a new line', async () => (await logOf('rotating')).includes('new') || undefined, {
      limitMs: 10_000,
    });
    expect(await logOf('rotating')).not.toContain('line 0 of the old log');
  }, 60_000);

  test('uploads a log before it is emptied; where that fails nothing is', async () => {
    await deployTalker('uploader', {});
    const sasUrl = edge.blob.containerSasUrl();
    const gone = sasUrl.replace(/\/[^/?]+\?/, '/nowhere?');
    const failing = await call('CleanModuleLogs', { id: 'uploader', confirm: true, uploadFirst: true, sasUrl: gone });
    const failed = await task(failing.payload).finished();
    expect(failed).toMatchObject({
      status: 'Failed',
      message: expect.stringContaining('nothing was cleaned, because'),
    });
    expect(await logOf('uploader')).toContain('line 0 of the old log');

    const { payload } = await call('CleanModuleLogs', { id: 'uploader', confirm: true, uploadFirst: true, sasUrl });
    const { status, results } = await task(payload).finished();
    expect({ status, results }).toMatchObject({
      status: 'Completed',
      results: [{ blob: expect.any(String) }, { id: 'uploader', freed: { files: 1 } }],
    });
    const blob = new URL(results?.[0]?.blob ?? '').pathname.split('/').slice(3).join('/');
    expect(gunzipSync(await edge.blob.download(decodeURIComponent(blob))).toString()).toContain(
      'line 2999 of the old log',
    );
    expect(await logOf('uploader')).not.toContain('of the old log');
  }, 90_000);

  test('removes a container that IoT Edge makes anew; edgeHub only when its messages may be lost', async () => {
    const { Id } = await inspect('crasher');
    const { payload } = await call('CleanModuleLogs', { id: 'crasher', confirm: true, remove: true, timeoutSecs: 60 });
    expect(await task(payload).finished()).toMatchObject({
      status: 'Completed',
      results: [{ id: 'crasher', removed: Id }],
    });
    expect((await inspect('crasher')).Id).not.toBe(Id);

    expect(await refusal('CleanModuleLogs', { id: 'edgeHub', confirm: true, remove: true })).toEqual([
      409,
      expect.stringMatching(
        /^Messages that edgeHub has not delivered yet would be lost with its container\. The edgeHub /,
      ),
    ]);
    const hub = (await inspect('edgeHub')).Id;
    const accepted = { id: 'edgeHub', confirm: true, remove: true, acceptMessageLoss: true, timeoutSecs: 60 };
    expect(await task((await call('CleanModuleLogs', accepted)).payload).finished()).toMatchObject({
      status: 'Completed',
    });
    expect((await inspect('edgeHub')).Id).not.toBe(hub);
  }, 90_000);

  test('a removal that was interrupted is found out at the next start, and not done again', async () => {
    const removals = async () => (await module.log()).split('Removing the container of module crasher').length;
    const { Id } = await inspect('crasher');
    const { payload } = await call('CleanModuleLogs', { id: 'crasher', confirm: true, remove: true });
    const running = task(payload);
    await running.until('the removal', ({ step = '' }) => step.startsWith('waiting until IoT Edge has made'));
    const before = await removals();
    await startAgain();
    expect(await running.finished()).toMatchObject({ status: 'Completed', results: [{ id: 'crasher' }] });
    const after = await inspect('crasher');
    expect(after.Id).not.toBe(Id);
    expect(await removals()).toBe(before);
    expect(await auditedEnds(module.dataDir, running.id)).toEqual(['completed']);
  }, 60_000);

  test('a removal that is cancelled before it has begun leaves the container, and says so', async () => {
    const { Id } = await inspect('crasher');
    const { payload } = await call('CleanModuleLogs', { id: 'crasher', confirm: true, remove: true });
    const cancelled = task(payload);
    expect(await cancelled.cancel()).toMatchObject({
      status: 'Cancelled',
      partial: [
        'It was cancelled at this step: waiting for the answer to leave before the container of crasher is removed.',
      ],
    });
    expect((await inspect('crasher')).Id).toBe(Id);
    expect(await auditedEnds(module.dataDir, cancelled.id)).toEqual(['cancelled']);
  }, 60_000);

  test('what nobody makes anew is told; what is no module, is protected or has no file is refused', async () => {
    await deployTalker('orphan', {});
    const { payload } = await call('CleanModuleLogs', { id: 'orphan', confirm: true, remove: true, timeoutSecs: 10 });
    // Meanwhile:
    await deployTalker('packed', {}, 'local');
    expect(await refusal('CleanModuleLogs', { id: 'packed', confirm: true })).toEqual([
      409,
      expect.stringMatching(/^The log of packed cannot be emptied: The log driver local keeps /),
    ]);
    expect(await refusal('CleanModuleLogs', { id: 'nobody', confirm: true })).toEqual([
      404,
      'Module nobody not found in the current environment',
    ]);
    expect(await refusal('CleanModuleLogs', { confirm: true })).toEqual([
      400,
      'id must be given with confirm: the module whose log is to be cleaned.',
    ]);
    expect(await refusal('CleanModuleLogs', { id: 'ttyModule', confirm: true })).toEqual([
      403,
      expect.stringMatching(/^ttyModule is protected on this device/),
    ]);
    expect(await task(payload).finished()).toMatchObject({
      status: 'Failed',
      message: expect.stringContaining('IoT Edge has not made orphan anew within 10 s: see the log of edgeAgent.'),
    });
  }, 60_000);
});

describe('PruneEngine', () => {
  test('takes exactly what it has shown, once, and nothing that is IoT Edge’s or in use', async () => {
    const { docker, runId } = edge.engine;
    const Image = await buildWorkloadImage(docker);
    const Labels = { [simLabel]: runId };
    const ended = await docker.createContainer({
      name: 'ended',
      Image,
      Cmd: ['sh', '-c', 'head -c 300000 /dev/zero >/big'],
      Labels,
    });
    await ended.start();
    await ended.wait();
    const loose = (await ended.commit({ changes: `LABEL ${simLabel}=${runId}` })) as { readonly Id: string };
    const owned = await docker.createContainer({
      name: 'owned',
      Image,
      Cmd: ['true'],
      Labels: { ...Labels, [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent' },
    });
    for (const Name of ['free-network', 'used-network']) await docker.createNetwork({ Name, Labels });
    for (const Name of ['free-volume', 'other-volume']) await docker.createVolume({ Name, Labels });

    const ask = { volumes: ['free-volume'] };
    const { payload } = await call('PruneEngine', ask);
    const shown = payload as {
      readonly remove: readonly { readonly what: string; readonly name: string; readonly bytes: number }[];
      readonly unusedVolumes: readonly { readonly name: string }[];
      readonly confirm: string;
    };
    const names = shown.remove.map(({ what, name }) => `${what} ${name}`);
    expect(names).toEqual(
      expect.arrayContaining(['container ended', 'network free-network', 'network used-network', 'volume free-volume']),
    );
    expect(names).toContain(`image ${loose.Id.slice(0, 19)}`);
    expect(shown.remove.find(({ name }) => name === 'ended')?.bytes).toBeGreaterThanOrEqual(300_000);
    expect(names.filter((name) => /owned|azure-iot-edge|edgeHub|ttyModule|other-volume/.test(name))).toEqual([]);
    for (const { network } of [edge.engine.edge, edge.engine.uplink]) expect(names).not.toContain(`network ${network}`);
    expect(shown.unusedVolumes).toContainEqual({ name: 'other-volume', bytes: expect.any(Number) });

    // It comes into use after it was shown.
    const user = await docker.createContainer({
      name: 'user',
      Image,
      Cmd: ['sleep', '600'],
      Labels,
      HostConfig: { NetworkMode: 'used-network' },
    });
    await user.start();
    const { status, payload: done } = await call('PruneEngine', { confirm: shown.confirm });
    expect({ status, done }).toMatchObject({
      status: 200,
      done: { refused: [{ what: 'network', name: 'used-network', why: 'it has come into use since it was shown.' }] },
    });
    expect((done as { freedBytes: number }).freedBytes).toBeGreaterThanOrEqual(300_000);
    await expect(ended.inspect()).rejects.toMatchObject({ statusCode: 404 });
    await expect(docker.getImage(loose.Id).inspect()).rejects.toMatchObject({ statusCode: 404 });
    await expect(docker.getVolume('free-volume').inspect()).rejects.toMatchObject({ statusCode: 404 });
    await expect(docker.getNetwork('free-network').inspect()).rejects.toMatchObject({ statusCode: 404 });
    await expect(docker.getVolume('other-volume').inspect()).resolves.toMatchObject({ Name: 'other-volume' });
    await expect(owned.inspect()).resolves.toMatchObject({ State: { Status: 'created' } });
    expect(await refusal('PruneEngine', { confirm: shown.confirm })).toEqual([
      409,
      expect.stringMatching(/^confirm: this token /),
    ]);
    await user.remove({ force: true });
  }, 90_000);

  test('one that was interrupted leaves the rest, which a new dry run shows', async () => {
    const { docker, runId } = edge.engine;
    const names = Array.from({ length: 40 }, (_, at) => `left-${at}`);
    for (const Name of names) await docker.createVolume({ Name, Labels: { [simLabel]: runId } });
    const left = async () => {
      const { Volumes } = await docker.listVolumes();
      return Volumes.map(({ Name }) => Name).filter((name) => names.includes(name));
    };
    const ask = { volumes: names, networks: false, images: 'none', containers: false, cache: false };
    const { confirm } = (await call('PruneEngine', ask)).payload as { readonly confirm: string };
    const request = { confirm, requestId: 'interrupted' };
    // Nobody waits for what is lost.
    edge.invoke('PruneEngine', request, { timeoutSecs: 10 }).catch(() => undefined);
    await waitFor('the first removals', async () => ((await left()).length < 38 ? true : undefined), {
      limitMs: 10_000,
      everyMs: 1,
    });
    await startAgain();
    const rest = await left();
    const why = 'this module ended before it was done: a new dry run shows what is left; nothing goes on by itself.';
    const again = task((await call('PruneEngine', request)).payload, 'ended');
    expect(await again.finished()).toMatchObject({ status: 'Failed', message: expect.stringContaining(why) });
    expect(await auditedEnds(module.dataDir, again.id)).toEqual([expect.stringContaining(why)]);
    const { payload } = await call('PruneEngine', { ...ask, volumes: rest });
    expect((payload as { readonly remove: readonly object[] }).remove).toHaveLength(rest.length);
    expect(await refusal('PruneEngine', { confirm })).toEqual([409, expect.stringMatching(/^confirm: this token /)]);
    expect((await left()).sort()).toEqual(rest.sort());
  }, 60_000);

  test('is refused for a volume that is not there, and a token that nobody gave', async () => {
    expect(await refusal('PruneEngine', { volumes: ['nowhere'] })).toEqual([
      400,
      'volumes: "nowhere" cannot be removed: there is none of that name.',
    ]);
    expect(await refusal('PruneEngine', { confirm: '0123456789abcdef' })).toEqual([
      409,
      expect.stringMatching(/^confirm: this token stands for nothing/),
    ]);
  });
});

describe('RecreateModules', () => {
  interface Plan {
    readonly remove: readonly { readonly id: string }[];
    readonly kept: readonly { readonly id: string }[];
    readonly messages?: string;
    readonly confirm: string;
  }
  const plan = async () => (await call('RecreateModules')).payload as Plan;
  const ids = async (of: Plan) => Promise.all(of.remove.map(async ({ id }) => (await inspect(id)).Id));

  beforeAll(async () => {
    for (const name of ['talker', 'rotating', 'uploader', 'packed', 'owned', 'orphan']) {
      await edge.engine.docker
        .getContainer(name)
        .remove({ force: true })
        .catch(() => undefined);
    }
  });

  test('after a bundle every module but protected ones is made anew, edgeAgent last', async () => {
    const shown = await plan();
    expect(shown.remove.map(({ id }) => id)).toEqual(['SimulatedTemperatureSensor', 'crasher', 'edgeHub', 'edgeAgent']);
    expect(shown.kept.map(({ id }) => id)).toEqual(['ttyModule']);
    expect(shown.messages).toMatch(/^Messages that edgeHub has not delivered yet would be lost/);
    const before = await ids(shown);
    const { confirm } = shown;
    expect(await refusal('RecreateModules', { confirm })).toEqual([409, shown.messages]);
    const { payload } = await call('RecreateModules', { confirm, acceptMessageLoss: true, timeoutSecs: 120 });
    const { status, message, results } = await task(payload).finished(100_000);
    expect({ status, message }).toEqual({ status: 'Completed', message: '' });
    const [first, ...others] = results as readonly {
      bundle?: { kept?: string };
      id?: string;
      after?: { state: string };
    }[];
    expect(first?.bundle?.kept).toEqual(expect.any(String));
    expect(others.map(({ id }) => id).sort()).toEqual(shown.remove.map(({ id }) => id).sort());
    const after = await ids(shown);
    expect(after.filter((id) => before.includes(id))).toEqual([]);
  }, 150_000);

  test('what was interrupted is found out at the next start, and not done again', async () => {
    const shown = await plan();
    const before = await ids(shown);
    const { payload } = await call('RecreateModules', {
      confirm: shown.confirm,
      acceptMessageLoss: true,
      bundleFirst: false,
    });
    const running = task(payload);
    await running.until('the first removal', ({ step = '' }) => step.includes('crasher'));
    await startAgain();
    const { status, message } = await running.finished(100_000);
    const after = await ids(shown);
    const untouched = shown.remove.filter((_, at) => after[at] === before[at]).map(({ id }) => id);
    expect(untouched).toContain('edgeAgent');
    expect(untouched).not.toContain('SimulatedTemperatureSensor');
    expect({ status, message }).toEqual({
      status: 'Failed',
      message: expect.stringContaining(`this module ended meanwhile: ${untouched.join(', ')} were left as they are.`),
    });
    expect(await auditedEnds(module.dataDir, running.id)).toEqual([expect.stringMatching(/^failed "/)]);
  }, 150_000);
});

test('without the owner’s leave nothing is taken away, though it is shown', async () => {
  await module.stop();
  module = await edge.startModule({ as: 'process', probes: true });
  for (const method of ['PruneEngine', 'RecreateModules']) {
    expect((await call(method)).status).toBe(200);
    expect(await refusal(method, { confirm: 'any' })).toEqual([
      403,
      `${method} may take nothing away on this device (setting policy.destructiveMethods, environment variable EDGE_SUPPORT_DESTRUCTIVE_METHODS).`,
    ]);
  }
  expect(await refusal('CleanModuleLogs', { id: 'crasher', confirm: true, remove: true })).toEqual([
    403,
    expect.stringMatching(/^CleanModuleLogs may take nothing away on this device/),
  ]);
}, 60_000);
