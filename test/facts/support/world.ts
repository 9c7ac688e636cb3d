import type { Environment } from '../../../module/config/environment.ts';
import type { ContainerInspect, Docker } from '../../../module/docker/docker.ts';
import { noEngine } from '../../../module/docker/no-engine.ts';
import type { HostView, Targets, World } from '../../../module/facts/fact.ts';

/** An engine that cannot be reached, but for the calls given. */
export function dockerWith(calls: Partial<Docker> = {}): Docker {
  const none = noEngine('The container engine at memory cannot be reached.');
  return { ...none, address: 'unix:///var/run/docker.sock', ...calls };
}

/** An engine in which only edgeAgent can be inspected, with this environment. */
export function dockerWithAgent(env: readonly string[]): Docker {
  return dockerWith({
    inspect: async () => ({ Config: { Env: env } }) as unknown as ContainerInspect,
  });
}

export interface WorldParts {
  readonly docker?: Docker;
  readonly env?: Partial<Environment>;
  readonly targets?: Partial<Targets>;
  readonly now?: () => Date;
  /** The host's files, as inside its helper container. */
  readonly host?: HostView;
}

/** A device called `device-1` whose hub is 127.0.0.1. */
export function worldWith({
  docker = dockerWith(),
  env = {},
  targets = {},
  now = () => new Date(),
  host,
}: WorldParts): World {
  return {
    docker,
    env: { iothubHostname: '127.0.0.1', deviceId: 'device-1', moduleId: 'edgeSupport', ...env },
    now,
    // Never the real list: what a test does not serve is refused at once.
    targets: { latestVersionsUrl: 'http://127.0.0.1:1/', ...targets },
    ...(host ? { host } : {}),
  };
}
