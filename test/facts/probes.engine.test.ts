import { access } from 'node:fs/promises';
import { createEngine } from '../../module/docker/engine.ts';
import type { LocalEdge } from '../../sim/edge.ts';
import { hostSecrets } from '../../sim/host.ts';
import { waitFor } from '../../sim/wait.ts';
import { startTestEdge } from '../support/local-edge.ts';

/* The module in its container, which starts helper containers of its own image on the same engine. */

let edge: LocalEdge;
beforeAll(async () => {
  edge = await startTestEdge();
  await edge.startModule({ as: 'container' });
}, 120_000);
afterAll(async () => {
  await edge?.stop();
}, 60_000);

interface CheckAnswer {
  readonly checks: Record<string, { result: { result: string; details?: string[] }; reason?: string; why?: string }>;
}

const runCheck = async (request: object = {}) => (await edge.invoke('RunCheck', request)).payload as CheckAnswer;
const label = { label: ['edge-support.helper'] };
const helpers = () => edge.engine.docker.listContainers({ all: true, filters: JSON.stringify(label) });

/** The outcome of each check, or why it was skipped. */
const outcomes = ({ checks }: CheckAnswer) =>
  Object.fromEntries(Object.entries(checks).map(([id, { result, reason }]) => [id, reason ?? result.result]));

test('RunCheck reads the host through a helper container, of which nothing is left, and no secret comes out', async () => {
  const answer = await runCheck();
  expect(outcomes(answer)).toMatchObject({
    'keyd-config-well-formed': 'ok',
    'certd-config-well-formed': 'ok',
    'tpmd-config-well-formed': 'ok',
    'identityd-config-well-formed': 'ok',
    'aziot-edged-config-well-formed': 'ok',
    // The simulated host has no sockets of the daemons.
    'keyd-running': 'error',
    'container-engine-dns': 'ok',
    'disk-space': expect.stringMatching(/^(ok|warning|error)$/),
    'container-connect-upstream-mqtt': 'ok',
    'container-default-connect-upstream-mqtt': 'ok',
    'container-default-connect-upstream-amqp': 'not-required',
    // The host does not know the simulated root.
    'host-connect-iothub-mqtt': 'error',
  });
  expect(await helpers()).toEqual([]);
  for (const secret of Object.values(hostSecrets)) expect(JSON.stringify(answer)).not.toContain(secret);
}, 60_000);

test('sections, and the text of the screen', async () => {
  const { payload } = await edge.invoke('RunCheck', { sections: ['Connectivity checks'], output: 'text' });
  const { text } = payload as { text: string };
  expect(text).toContain('Connectivity checks\n-------------------\n');
  expect(text).toContain('√ container on the default network can connect to upstream MQTT port - OK');
  expect(text).not.toContain('Field checks');
}, 60_000);

test('F69: what a crash left behind is removed by the next run, and nothing else', async () => {
  const { docker } = edge.engine;
  const { Image } = await docker.getContainer(edge.moduleId).inspect();
  const old = Date.now() / 1000;
  const make = (owner: string) =>
    docker.createContainer({ Image, Cmd: ['true'], Labels: { 'edge-support.helper': owner } });
  const [left, foreign] = [await make(edge.moduleId), await make('another')];
  const engine = createEngine(edge.engine.dockerHost);
  const signal = AbortSignal.timeout(20_000);
  expect(await engine.removeHelpers(edge.moduleId, new Date(old * 1000), signal)).toBe(0);
  expect(await engine.removeHelpers(edge.moduleId, new Date((old + 600) * 1000), signal)).toBe(1);
  expect((await helpers()).map(({ Id }) => Id)).toEqual([foreign.id]);
  await expect(left.inspect()).rejects.toMatchObject({ statusCode: 404 });
  await foreign.remove({ force: true });
}, 60_000);

test('a helper container that does not end is removed with its run', async () => {
  const { Image } = await edge.engine.docker.getContainer(edge.moduleId).inspect();
  const engine = createEngine(edge.engine.dockerHost);
  const spec = { image: Image, command: ['sleep', '60'], network: 'bridge', mounts: [], asRoot: false, owner: 'test' };
  const abort = AbortSignal.timeout(1500);
  await expect(engine.helper(spec, () => '', abort)).rejects.toThrow();
  expect(await helpers()).toEqual([]);
}, 60_000);

test('missing mounts are named and not made, files are read-only, and the container has what it needs and no more', async () => {
  const { Image } = await edge.engine.docker.getContainer(edge.moduleId).inspect();
  const engine = createEngine(edge.engine.dockerHost);
  const gone = `${edge.host.hostRoot}/not-there`;
  const spec = {
    image: Image,
    command: ['sh', '-c', 'cat; cat /host/config; touch /host/config/x; id -u; grep CapEff /proc/self/status'],
    network: 'host',
    mounts: [
      { source: gone, target: '/host/gone' },
      { source: `${edge.host.hostRoot}/etc`, target: '/host/config' },
    ],
    asRoot: true,
    owner: 'test',
  };
  const output = await engine.helper(spec, (missing) => `without ${missing}\n`, AbortSignal.timeout(20_000));
  expect(output.missing).toEqual([gone]);
  expect(output.stdout).toContain(`without ${gone}\n`);
  expect(output.stderr).toContain('Read-only file system');
  // CAP_DAC_OVERRIDE is bit 1.
  expect(output.stdout).toMatch(/\n0\nCapEff:\t0000000000000002\n/);
  await expect(access(gone)).rejects.toMatchObject({ code: 'ENOENT' });
}, 60_000);

test('with hostAccess off no container is started, and the checks say so', async () => {
  edge.hub.patchDesired(edge.moduleId, { policy: { hostAccess: false } });
  const off = async () => {
    const found = outcomes(await runCheck());
    return found['disk-space'] === 'host-access-off' ? found : undefined;
  };
  const found = await waitFor('the policy to hold', off, { limitMs: 20_000, everyMs: 500 });
  expect(found).toMatchObject({
    'keyd-config-well-formed': 'host-access-off',
    'host-connect-iothub-mqtt': 'host-access-off',
    'container-default-connect-upstream-mqtt': 'host-access-off',
    'container-connect-upstream-mqtt': 'ok',
  });
}, 60_000);
