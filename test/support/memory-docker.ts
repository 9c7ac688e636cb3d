import { SupportError } from '../../module/base/errors.ts';
import type { ContainerInspect, Docker } from '../../module/docker/docker.ts';
import { noEngine } from '../../module/docker/no-engine.ts';

export interface MemoryContainer {
  state: 'running' | 'exited' | 'restarting';
  startedAt: string;
  /** The log as a TTY container's: bytes without frames. */
  readonly log?: string;
  readonly env?: readonly string[];
}

/** An engine in memory for tests of what stands above it; `restarted` records the calls. */
export function memoryDocker(containers: Record<string, MemoryContainer>): Docker & { readonly restarted: string[] } {
  const restarted: string[] = [];
  const find = (name: string) => {
    const container = containers[name];
    if (!container) throw new SupportError('not-found', `The engine has no container ${name}.`);
    return container;
  };
  return {
    ...noEngine('This engine is in memory.'),
    restarted,
    address: 'memory',
    version: async () => ({ version: '27.0.0', apiVersion: '1.46', minApiVersion: '1.24', os: 'linux', arch: 'amd64' }),
    modules: async () =>
      Object.entries(containers).map(([name, { state }]) => ({
        name,
        containerId: `id-${name}`,
        image: `${name}:1`,
        state,
        status: state,
        labels: {},
      })),
    inspect: async (name) => {
      const { state, startedAt, env = [] } = find(name);
      const status = { Status: state, Running: state === 'running', Restarting: state === 'restarting', ExitCode: 1 };
      return {
        Name: `/${name}`,
        State: { ...status, StartedAt: startedAt },
        Config: { Env: env, Labels: {} },
      } as unknown as ContainerInspect;
    },
    logs: async (name) => {
      const { log = '' } = find(name);
      return {
        tty: true,
        body: (async function* () {
          yield Buffer.from(log);
        })(),
      };
    },
    restart: async (name) => {
      restarted.push(name);
      Object.assign(find(name), { state: 'running', startedAt: new Date().toISOString() });
    },
    networks: async () => ['azure-iot-edge'],
    network: async (name) => ({ Name: name }) as never,
  };
}
