import { createLog } from '../../module/base/log.ts';
import type { Docker, HelperOutput, HelperSpec } from '../../module/docker/docker.ts';
import type { Place } from '../../module/facts/fact.ts';
import { mountsOf, readFacts, seesProcesses } from '../../module/facts/index.ts';
import { createProbes, type ProbeRequest, parseAnswer } from '../../module/facts/probes.ts';
import { dockerWith, dockerWithAgent, worldWith } from './support/world.ts';

type FactsRequest = Extract<ProbeRequest, { readonly names: unknown }>;

const log = createLog({ level: () => 'fatal', write: () => {}, clean: (text) => text });
const signal = new AbortController().signal;
const usual = { hostAccess: true, hostRoot: '', probeImage: 'edge-support:1' };

function probesWith(docker: Docker, settings: Partial<typeof usual> = {}) {
  const world = worldWith({ docker, env: { httpsProxy: 'http://edge:hunter2@proxy:3128' } });
  return createProbes({
    world,
    settings: () => ({ ...usual, ...settings }),
    mounts: mountsOf,
    processes: seesProcesses,
    log,
  });
}

const outcome = async (docker: Docker, place: Place, settings?: Partial<typeof usual>) => {
  try {
    return await probesWith(docker, settings).read(place, ['system'], 2000, signal);
  } catch (error) {
    const { reason, code } = error as { reason?: string; code?: string };
    return reason ?? code;
  }
};

test('without an engine, an image or the permission there is no host and no bridge, and the modules’ network is here', async () => {
  for (const place of ['host', 'bridge'] as const) {
    expect(await outcome(dockerWith(), place, { hostAccess: false })).toBe('host-access-off');
    expect(await outcome(dockerWith(), place, { probeImage: '' })).toBe('not-supported');
    expect(await outcome(dockerWith(), place)).toBe('unavailable');
  }
  expect(await outcome(dockerWithAgent([]), 'edge', { hostAccess: false })).toBeUndefined();
  expect(await outcome(dockerWithAgent([]), 'edge', { probeImage: '' })).toBeUndefined();
  expect(await outcome(dockerWith(), 'edge')).toBeUndefined();
});

test('an engine that hangs does not keep facts of the modules’ network from being read here', async () => {
  const docker = dockerWith({ inspect: () => new Promise(() => {}) });
  const world = { ...worldWith({ docker }), probes: probesWith(docker) };
  const { upstream } = await readFacts(['upstream'], world, { limitMs: 2000 });
  expect(upstream).toMatchObject({ value: { host: '127.0.0.1' } });
});

test('what only this process knows goes in by stdin: the proxy, and not the container’s command or mounts', async () => {
  let spec: HelperSpec | undefined;
  let request: FactsRequest | undefined;
  const docker = dockerWith({
    removeHelpers: async () => 0,
    helper: async (given, input): Promise<HelperOutput> => {
      spec = given;
      request = JSON.parse(input([])) as FactsRequest;
      return { exitCode: 0, stdout: '{"system":{"value":1}}', stderr: '', missing: [] };
    },
  });
  expect(await probesWith(docker).read('bridge', ['system'], 2000, signal)).toEqual({ system: { value: 1 } });
  expect(spec).toMatchObject({ image: 'edge-support:1', network: 'bridge', mounts: [], asRoot: false });
  expect(JSON.stringify(spec)).not.toContain('hunter2');
  expect(request?.targets.proxy?.url).toBe('http://edge:hunter2@proxy:3128');
  expect(request?.limitMs).toBeLessThan(1600);
});

test('what a helper container says that is not what was asked is never quoted, but for its own sentence', () => {
  const why = (exitCode: number, stdout: string, stderr: string) => {
    try {
      return parseAnswer(exitCode, stdout, stderr);
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(why(0, '{"system":{"value":1}}', '')).toEqual({ system: { value: 1 } });
  expect(why(0, 'hunter2 {', '')).toBe('The helper container gave 9 characters that are no readings.');
  expect(why(0, '7', '')).toBe('The helper container gave 1 characters that are no readings.');
  expect(why(1, '', 'noise\nThe request is not JSON.\n')).toBe(
    'The helper container ended with status 1: The request is not JSON.',
  );
  expect(why(137, '', 'hunter2')).toBe('The helper container was killed (out of memory, or by hand).');
  expect(why(139, '', 'hunter2')).toBe('The helper container ended with status 139.');
});

test('to empty a log its folder alone is bound, to be written to, without a network', async () => {
  const seen: { spec?: HelperSpec; request?: unknown } = {};
  const answering = (missing: readonly string[]) =>
    dockerWith({
      removeHelpers: async () => 0,
      helper: async (spec, input): Promise<HelperOutput> => {
        Object.assign(seen, { spec, request: JSON.parse(input(missing)) });
        return { exitCode: 0, stdout: '{"files":2,"bytes":7}', stderr: '', missing };
      },
    });
  const log = { containerId: 'c', folder: '/var/lib/docker/containers/c', keepCurrent: true };
  expect(await probesWith(answering([])).emptyLog(log, signal)).toEqual({ files: 2, bytes: 7 });
  expect(seen.spec).toMatchObject({
    network: 'none',
    mounts: [{ source: '/var/lib/docker/containers/c', target: '/log', writable: true }],
  });
  expect(seen.request).toEqual({ empty: { containerId: 'c', folder: '/log', keepCurrent: true } });
  await expect(probesWith(answering([log.folder])).emptyLog(log, signal)).rejects.toMatchObject({
    reason: 'mount-missing',
  });
  const off = probesWith(answering([]), { hostAccess: false });
  await expect(off.emptyLog(log, signal)).rejects.toMatchObject({ reason: 'host-access-off' });
});
