import type Docker from 'dockerode';

import { type Engine, simLabel } from '../engine.ts';
import { buildModuleImage, type Platform } from '../images.ts';
import { waitFor } from '../wait.ts';
import { moduleLabels } from '../workloads.ts';
import type { Started } from './module.ts';

export interface ContainerOptions {
  readonly projectDir: string;
  readonly engine: Engine;
  readonly moduleId: string;
  /** Another than this machine's is emulated. */
  readonly platform?: Platform | undefined;
  /** As in the deployment manifest. */
  readonly createOptions: Docker.ContainerCreateOptions;
  readonly env: Record<string, string>;
  /** The module's workload socket on this machine. */
  readonly workloadSocket: string;
  readonly memoryMb?: number | undefined;
  /** Binds the engine's container directory to where the module looks for it. */
  readonly engineLogs: boolean;
  /** More of them. */
  readonly binds: readonly string[];
}

/** Builds the image and starts the module as edgeAgent would from deployment.template.json. */
export async function startAsContainer(options: ContainerOptions): Promise<Started> {
  const { engine, moduleId, createOptions } = options;
  const image = await buildModuleImage(engine.docker, options.projectDir, {
    standIn: engine.owned,
    ...(options.platform ? { platform: options.platform } : {}),
  });
  const env = { ...options.env, IOTEDGE_WORKLOADURI: 'unix:///var/run/iotedge/workload.sock' };
  const host = createOptions.HostConfig ?? {};
  const binds = await Promise.all((host.Binds ?? []).map((bind) => localBind(bind, engine)));
  if (options.engineLogs) {
    const { DockerRootDir } = (await engine.docker.info()) as { DockerRootDir: string };
    binds.push(`${DockerRootDir}/containers:/var/lib/docker/containers:ro`);
  }
  const container = await engine.docker.createContainer({
    ...createOptions,
    name: moduleId,
    Image: image,
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    Labels: moduleLabels(engine.runId, image, env, createOptions),
    HostConfig: {
      ...host,
      ...(options.memoryMb === undefined ? {} : { Memory: options.memoryMb * 1024 * 1024 }),
      Binds: [...binds, ...options.binds, `${options.workloadSocket}:/var/run/iotedge/workload.sock`],
      NetworkMode: engine.edge.network,
      RestartPolicy: { Name: 'always' },
    },
    NetworkingConfig: { EndpointsConfig: { [engine.edge.network]: { Aliases: [moduleId] } } },
  });
  await container.start();
  const { Mounts } = await container.inspect();
  return {
    containerId: container.id,
    dataDir: Mounts.find(({ Destination }) => Destination === '/data')?.Source ?? '',
    ended: async () => {
      const { State, RestartCount } = await container.inspect();
      return RestartCount > 0 || !State.Running
        ? `code ${State.ExitCode}${State.OOMKilled ? ', out of memory' : ''}`
        : undefined;
    },
    lastLines: async (count = 15) => withoutFrames(await container.logs({ stdout: true, stderr: true, tail: count })),
    log: async () => withoutFrames(await container.logs({ stdout: true, stderr: true })),
    kill: async () => {
      const { State } = await container.inspect();
      if (State.Pid === 0) throw new Error(`The module's container is ${State.Status}: there is no process to kill.`);
      process.kill(State.Pid, 'SIGKILL');
      const ended = async () => ((await container.inspect()).State.Pid === State.Pid ? undefined : true);
      await waitFor('the engine to see that the module was killed', ended, { limitMs: 10_000 });
    },
    stop: async () => {
      await container.stop({ t: 10 }).catch(() => undefined);
      await container.remove({ force: true, v: true }).catch((error: { statusCode?: number }) => {
        if (error.statusCode !== 404) throw error;
      });
    },
  };
}

/** The template names the device's own engine socket and volume; here they are this engine's and this run's. */
async function localBind(bind: string, engine: Engine): Promise<string> {
  const [source = '', ...rest] = bind.split(':');
  if (source === '/var/run/docker.sock') return [engine.dockerHost.slice('unix://'.length), ...rest].join(':');
  if (source.startsWith('/')) return bind;
  const Name = `${source}-${engine.runId}`;
  await engine.docker.createVolume({ Name, Labels: { [simLabel]: engine.runId } });
  return [Name, ...rest].join(':');
}

/** The engine's log stream without its 8-byte frame headers. Source: Docker Engine API, "Attach to a container". */
function withoutFrames(log: Buffer): string {
  let text = '';
  for (let at = 0; at + 8 <= log.length; ) {
    const size = log.readUInt32BE(at + 4);
    text += log.toString('utf8', at + 8, at + 8 + size);
    at += 8 + size;
  }
  return text.trimEnd();
}
