import { chmod, chown, stat } from 'node:fs/promises';
import type Docker from 'dockerode';
import type { Started } from '../../sim/edge/module.ts';
import type { LocalEdge } from '../../sim/edge.ts';
import { waitFor } from '../../sim/wait.ts';
import { snippets } from '../scripts/manifest/support/deploy-page.ts';
import { at } from '../scripts/manifest/support/manifests.ts';
import { startTestEdge } from '../support/local-edge.ts';

/** The group of the engine's socket on a host; any number but root's. */
const dockerGroup = 12_345;

/** So that a test sees in seconds what an image's health check shows in minutes. */
const everySecond = { Interval: 1e9, Timeout: 10e9, StartPeriod: 1e9, Retries: 1 };

/** It waits 10 s for a connection before it starts anew. */
const impatient = { EDGE_SUPPORT_CHANNEL_GIVE_UP_AFTER: '10 s', EDGE_SUPPORT_CHANNEL_FALLBACK: 'false' };

let edge: LocalEdge;
/** The module that the last test started, which the next one may go on with. */
let started: Started | undefined;
beforeAll(async () => {
  edge = await startTestEdge();
}, 60_000);
afterAll(() => edge?.stop(), 30_000);

async function start(
  createOptions: Docker.ContainerCreateOptions,
  env: Record<string, string> = {},
): Promise<Docker.Container> {
  const Healthcheck = everySecond as Docker.ContainerCreateOptions['Healthcheck'];
  await started?.stop();
  started = await edge.startModule({ as: 'container', createOptions: { ...createOptions, Healthcheck }, env });
  return edge.engine.docker.getContainer(edge.moduleId);
}

const healthOf = async (container: Docker.Container) => {
  const { State } = await container.inspect();
  return {
    status: State.Health?.Status,
    said: State.Health?.Log.at(-1)?.Output.trim(),
    code: State.Health?.Log.at(-1)?.ExitCode,
  };
};
const becomes = (container: Docker.Container, wanted: string) =>
  waitFor(
    `the container to be ${wanted}`,
    async () => {
      const health = await healthOf(container);
      return health.status === wanted ? health : undefined;
    },
    { limitMs: 20_000, everyMs: 200 },
  );

/** What a command of the container's shell prints. */
async function inside(container: Docker.Container, command: string): Promise<string> {
  const exec = await container.exec({ Cmd: ['sh', '-c', command], AttachStdout: true, AttachStderr: true, Tty: true });
  let text = '';
  for await (const part of await exec.start({ Tty: true })) text += part;
  return text.replaceAll('\r', '').trim();
}

/** What the module is for, each once. */
async function doesItsWork(): Promise<void> {
  const answers = {
    RunCheck: await edge.invoke('RunCheck', { timeoutSecs: 20 }, { timeoutSecs: 40 }),
    GetModuleLogs: await edge.invoke('GetModuleLogs', { schemaVersion: '1.0', items: { id: 'edgeHub' } }),
    RestartModule: await edge.invoke('RestartModule', { schemaVersion: '1.0', id: 'SimulatedTemperatureSensor' }),
    UploadSupportBundle: await edge.invoke('UploadSupportBundle', {
      schemaVersion: '1.0',
      sasUrl: edge.blob.containerSasUrl(),
    }),
  };
  expect(Object.entries(answers).map(([name, { status }]) => [name, status])).toEqual(
    Object.keys(answers).map((name) => [name, 200]),
  );
  expect(JSON.stringify(answers)).not.toMatch(/EACCES|EPERM|EROFS|permission denied|not permitted|read-only file/i);
  const { correlationId } = answers.UploadSupportBundle.payload as { correlationId: string };
  const bundle = async () => {
    const { payload } = await edge.invoke('GetTaskStatus', { schemaVersion: '1.0', correlationId });
    return (payload as { status: string }).status === 'Running' ? undefined : payload;
  };
  expect(await waitFor('the bundle', bundle, { limitMs: 40_000, everyMs: 200 })).toMatchObject({ status: 'Completed' });
}

/** The createOptions that docs/deploy.md shows below this heading. */
function shown(heading: string): Docker.ContainerCreateOptions {
  const [block] = snippets(`### ${heading}`);
  return at(block?.json, 'edgeSupport', 'settings', 'createOptions');
}

test('with a read-only root, no capability and no new privileges it does all that it does, and is healthy', async () => {
  const container = await start(shown('Less rights'), impatient);
  expect(await becomes(container, 'healthy')).toEqual({
    status: 'healthy',
    said: 'The connection to edgeHub is open.',
    code: 0,
  });
  await doesItsWork();
}, 90_000);

test('when its connection is gone for half as long as it waits for one it is unhealthy, and says since when', async () => {
  const container = edge.engine.docker.getContainer(edge.moduleId);
  await edge.hub.faults.down('edge');
  try {
    const { said, code } = await becomes(container, 'unhealthy');
    expect(said).toMatch(/^The connection to edgeHub is connecting; none has worked for \d+(\.\d)? s\.$/);
    expect(code).toBe(1);
  } finally {
    await edge.hub.faults.up('edge');
  }
}, 60_000);

test('so it does without a volume, when it can write nowhere', async () => {
  const { HostConfig, ...options } = shown('Less rights');
  const Binds = ['/var/run/docker.sock:/var/run/docker.sock'];
  const container = await start({ ...options, HostConfig: { ...HostConfig, Binds } }, impatient);
  await becomes(container, 'healthy');
  expect(await inside(container, 'touch /data/file; touch /file')).toMatch(
    /^touch: .*Read-only.*\s+touch: .*Read-only/i,
  );
  await doesItsWork();
}, 90_000);

test('as another user in the group of the socket it does so too, without the engine’s own log files', async () => {
  const socket = edge.engine.dockerHost.slice('unix://'.length);
  const { gid, mode } = await stat(socket);
  // An engine that others use too stays as it is.
  const group = edge.engine.owned ? dockerGroup : gid;
  const options = shown('Another user');
  try {
    if (edge.engine.owned) await chown(socket, 0, group);
    if (edge.engine.owned) await chmod(socket, 0o660);
    const Binds = ['/var/run/docker.sock:/var/run/docker.sock', 'edge-support-new:/data'];
    const HostConfig = { ...options.HostConfig, GroupAdd: [String(group)], Binds };
    const container = await start({ ...options, HostConfig });
    const found = await inside(container, 'stat -c "%u %a" /data /data/redaction.key; id -G');
    expect(found.split('\n')).toEqual(['0 1777', '1000 600', `1000 ${group}`]);
    await becomes(container, 'healthy');
    await doesItsWork();
  } finally {
    if (edge.engine.owned) await chown(socket, 0, gid);
    if (edge.engine.owned) await chmod(socket, mode & 0o777);
  }
}, 90_000);
