import type Dockerode from 'dockerode';
import type { HelperSpec } from './docker.ts';

/** By this label helper containers are found again; its value says whose they are. */
export const helperLabel = 'edge-support.helper';

/** How a helper container is created: with what it needs, and nothing that outlives it. */
export function containerOptions(spec: HelperSpec, mounts: HelperSpec['mounts']): Dockerode.ContainerCreateOptions {
  return {
    Image: spec.image,
    Entrypoint: [...spec.command],
    Cmd: [],
    Env: [],
    User: spec.asRoot ? '0:0' : '65534:65534',
    WorkingDir: '/',
    Labels: { [helperLabel]: spec.owner },
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    OpenStdin: true,
    StdinOnce: true,
    // That of the image asks the module, which does not run in it.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      AutoRemove: true,
      NetworkMode: spec.network,
      ...(spec.hostProcesses ? { PidMode: 'host' } : {}),
      Memory: 128 << 20,
      PidsLimit: 64,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      // Files of the daemons' users are theirs alone, and so is the management socket.
      CapAdd: spec.asRoot ? ['DAC_OVERRIDE'] : [],
      SecurityOpt: ['no-new-privileges', 'label=disable'],
      LogConfig: { Type: 'none', Config: {} },
      // Unlike `Binds` these never create a source that is not there.
      Mounts: mounts.map(({ source, target, writable = false }) => ({
        Type: 'bind',
        Source: source,
        Target: target,
        ReadOnly: !writable,
      })),
    },
  };
}

/**
 * The mount's source that the engine refuses, by its message: moby says `invalid mount config for type "bind": bind
 * source path does not exist: /x`, or `…: stat /x: permission denied` where it may not look (a confined engine). Undefined
 * when it complains of something else.
 */
export function refusedSource(message: string, sources: readonly string[]): string | undefined {
  const words = [
    /bind source path does not exist: (.+?)\s*$/m,
    /\b(?:l?stat|statfs) (\/.+?): (?:no such file or directory|not a directory|permission denied)/,
  ];
  const path = words.map((pattern) => pattern.exec(message)?.[1]).find((found) => found !== undefined);
  return sources.find((source) => source === path);
}
