import { upstreamQueue } from '../../../sim/metrics.ts';
import { waitFor } from '../../../sim/wait.ts';
import type { ModuleSpec } from '../../../sim/workload-specs.ts';
import { allOf, type CompleteEdge, type FaultyState, type Undo } from '../state.ts';

const bounded = { LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } } };

/** A module that is nobody's but the test's. */
const module = (name: string, more: Partial<ModuleSpec>): ModuleSpec => ({
  name,
  moduleId: name,
  image: `registry.example.com/${name.toLowerCase()}:1.0`,
  env: {},
  cmd: ['/bin/sh', '-c', 'trap "exit 0" TERM; while sleep 1 & wait $!; do :; done'],
  ...more,
  host: { ...bounded, ...more.host },
});

type State = Awaited<ReturnType<ReturnType<CompleteEdge['engine']['docker']['getContainer']>['inspect']>>;

/** Deploys a module and waits until its container is as it is to be. */
async function deploy(edge: CompleteEdge, spec: ModuleSpec, until: (state: State) => boolean): Promise<Undo> {
  const undo = () => edge.workloads.remove(spec.name);
  try {
    await edge.workloads.deploy(spec);
    const container = edge.engine.docker.getContainer(spec.name);
    const seen = async () => (until(await container.inspect()) ? true : undefined);
    await waitFor(`${spec.name} to be as planted`, seen, { limitMs: 15_000 });
    return undo;
  } catch (error) {
    await undo();
    throw error;
  }
}

/** Deploys one of the device's own modules with a change. */
async function change(edge: CompleteEdge, name: string, how: (spec: ModuleSpec) => ModuleSpec): Promise<Undo> {
  await edge.workloads.redeploy(name, how);
  return () => edge.workloads.redeploy(name);
}

/** What is wrong with modules, those of IoT Edge included. */
export const moduleStates: readonly FaultyState[] = [
  {
    id: 'crash-loop',
    fault: 'a module ends with an error a moment after each start',
    cause: 'module-restarts',
    plant: (edge) =>
      deploy(
        edge,
        module('crasher', { cmd: ['/bin/sh', '-c', 'echo "<3> Unhandled exception: no elements" >&2; exit 139'] }),
        ({ RestartCount }) => RestartCount >= 4,
      ),
  },
  {
    id: 'out-of-memory',
    fault: 'a module was killed because its memory limit was reached',
    cause: 'memory-pressure',
    plant: (edge) =>
      deploy(
        edge,
        module('hungry', {
          cmd: ['tail', '/dev/zero'],
          host: { Memory: 16 * 1024 * 1024, RestartPolicy: { Name: 'no' } },
        }),
        ({ State }) => State.OOMKilled,
      ),
  },
  {
    id: 'unhealthy',
    fault: "a module's health check fails",
    cause: 'module-health',
    plant: (edge) =>
      deploy(
        edge,
        module('ailing', { health: { Test: ['CMD', 'false'], Interval: 1e9, Timeout: 1e9, Retries: 1 } }),
        ({ State }) => State.Health?.Status === 'unhealthy',
      ),
  },
  {
    id: 'log-unbounded',
    fault: "a module's log has no limit",
    cause: 'container-engine-logrotate',
    plant: (edge) =>
      change(edge, 'SimulatedTemperatureSensor', (spec) => ({
        ...spec,
        host: { LogConfig: { Type: 'json-file', Config: {} } },
      })),
  },
  {
    id: 'agent-storage-in-container',
    fault: 'edgeAgent keeps its data in its container',
    cause: 'edge-agent-storage-mounted-from-host',
    plant: (edge) =>
      change(edge, 'edgeAgent', (spec) => ({
        ...spec,
        host: { ...spec.host, Binds: (spec.host.Binds ?? []).filter((bind) => !bind.endsWith(':/iotedge/storage')) },
      })),
  },
  {
    id: 'port-conflict',
    fault: 'two modules want the same port of the host',
    cause: 'port-conflicts',
    plant: async (edge) => {
      const ports = { PortBindings: { '8080/tcp': [{ HostIp: '127.0.0.1', HostPort: '18080' }] } };
      const first = await deploy(edge, module('webA', { host: ports }), ({ State }) => State.Running);
      // The engine refuses to start the second.
      await edge.workloads.deploy(module('webB', { host: ports })).catch((error: Error) => {
        if (!/already allocated|already in use/.test(error.message)) throw error;
      });
      return allOf([first, () => edge.workloads.remove('webB')]);
    },
  },
  {
    id: 'edgehub-absent',
    fault: 'there is no edgeHub',
    cause: 'edge-hub-storage-mounted-from-host',
    plant: async (edge) => {
      await edge.workloads.remove('edgeHub');
      return () => edge.workloads.redeploy('edgeHub');
    },
  },
  {
    id: 'edgehub-paused',
    fault: 'edgeHub is paused',
    cause: 'module-restarts',
    plant: async ({ engine }) => {
      const hub = engine.docker.getContainer('edgeHub');
      await hub.pause();
      return () => hub.unpause();
    },
  },
  {
    id: 'queue-full',
    fault: 'a million messages wait in edgeHub for the hub',
    cause: 'edge-hub-queue',
    plant: async ({ site }) => {
      await site.metrics.set('edgeHub', upstreamQueue, 1_000_000);
      return () => site.metrics.set('edgeHub', upstreamQueue, 0);
    },
  },
];
