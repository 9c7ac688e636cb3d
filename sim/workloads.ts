import { setTimeout as delay } from 'node:timers/promises';
import { type Engine, ownerLabel, simLabel } from './engine.ts';
import type { ModuleSpec } from './workload-specs.ts';

export { plantedSecrets } from './workload-specs.ts';

export interface WorkloadsOptions {
  readonly engine: Engine;
  /** The workload image, as `buildWorkloadImage` names it. */
  readonly image: string;
  readonly specs: readonly ModuleSpec[];
  /** Environment that IoT Edge gives the module, by module id. */
  readonly moduleEnv: (moduleId: string) => Promise<Record<string, string>>;
}

/** The containers of a device's modules, as edgeAgent looks after them. */
export interface Workloads {
  /**
   * Makes a container for the module, in place of one of its name. Throws what the engine says when it does not start:
   * the container is there all the same.
   */
  deploy(spec: ModuleSpec): Promise<void>;
  /** Makes the container anew with changes to what it was first made of; without any, just so. */
  redeploy(name: string, change?: (spec: ModuleSpec) => ModuleSpec): Promise<void>;
  remove(name: string): Promise<void>;
  /**
   * From now on a container that is gone is made anew, as edgeAgent does, and edged for edgeAgent itself; until what is
   * given back is called.
   */
  tend(): () => Promise<void>;
}

/** edgeAgent looks every few seconds. */
const lookMs = 500;

/**
 * Starts the containers of a device's modules with the labels, environments and names that IoT Edge gives them.
 * Stopping the engine removes them.
 */
export async function startWorkloads(options: WorkloadsOptions): Promise<Workloads> {
  const { engine, specs } = options;
  const deployed = new Map<string, ModuleSpec>();
  const remove = async (name: string) => {
    const gone = (error: { statusCode?: number }) => {
      if (error.statusCode !== 404) throw error;
    };
    await engine.docker.getContainer(name).remove({ force: true, v: true }).catch(gone);
  };
  const workloads: Workloads = {
    async deploy(spec) {
      await remove(spec.name);
      deployed.set(spec.name, spec);
      await start(options, spec);
    },
    async redeploy(name, change = (spec) => spec) {
      const spec = specs.find((one) => one.name === name);
      if (!spec) throw new Error(`This device was not started with a module ${name}.`);
      await workloads.deploy(change(spec));
    },
    async remove(name) {
      deployed.delete(name);
      await remove(name);
    },
    tend() {
      const ending = new AbortController();
      const running = look(options, deployed, ending.signal);
      return async () => {
        ending.abort();
        await running;
      };
    },
  };
  for (const spec of specs) {
    deployed.set(spec.name, spec);
    await start(options, spec);
  }
  return workloads;
}

async function look(
  options: WorkloadsOptions,
  deployed: ReadonlyMap<string, ModuleSpec>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const found = await options.engine.docker.listContainers({ all: true });
    const there = new Set(found.flatMap(({ Names }) => Names.map((name) => name.slice(1))));
    for (const spec of deployed.values()) {
      // A name that is not free yet, or is taken again meanwhile, is looked at again.
      if (!there.has(spec.name)) await start(options, spec).catch(() => undefined);
    }
    await delay(lookMs, undefined, { signal }).catch(() => undefined);
  }
}

async function start({ engine, image, moduleEnv }: WorkloadsOptions, spec: ModuleSpec): Promise<void> {
  const env = { ...(await moduleEnv(spec.moduleId)), ...spec.env };
  const container = await engine.docker.createContainer({
    name: spec.name,
    Image: await imageFor(engine, image, spec.image),
    Cmd: [...(spec.cmd ?? ['/bin/sh', `/workload/${spec.name}.sh`])],
    Tty: spec.tty ?? false,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: moduleLabels(engine.runId, spec.image, env, { HostConfig: spec.host }),
    ...(spec.health ? { Healthcheck: spec.health } : {}),
    HostConfig: { RestartPolicy: { Name: 'always' }, ...spec.host, NetworkMode: engine.edge.network },
    NetworkingConfig: { EndpointsConfig: { [engine.edge.network]: { Aliases: [...(spec.aliases ?? [])] } } },
  });
  await container.start();
}

/** The labels Edge Agent puts on a module's container. Beware: `.env` and `.create-options` repeat secrets in clear. */
export function moduleLabels(
  runId: string,
  image: string,
  env: Record<string, string>,
  createOptions: unknown,
): Record<string, string> {
  const wrapped = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, { value }]));
  return {
    [simLabel]: runId,
    [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent',
    'net.azure-devices.edge.create-options': JSON.stringify(createOptions),
    'net.azure-devices.edge.env': JSON.stringify(wrapped),
    'net.azure-devices.edge.original-image': image,
    'net.azure-devices.edge.desiredStatus': 'running',
    'net.azure-devices.edge.restartPolicy': 'always',
    'net.azure-devices.edge.version': '1.0',
  };
}

/** On an engine of our own the stand-in may bear the real image's name; on a shared one it must not replace it. */
async function imageFor(engine: Engine, standIn: string, real: string): Promise<string> {
  if (!engine.owned) return standIn;
  const [repo = '', tag = ''] = real.split(/:(?=[^:/]*$)/);
  await engine.docker.getImage(standIn).tag({ repo, tag });
  return real;
}
