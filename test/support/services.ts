import type { Log } from '../../module/base/log.ts';
import { resolveConfig } from '../../module/config/config.ts';
import type { Environment } from '../../module/config/environment.ts';
import type { Docker } from '../../module/docker/docker.ts';
import type { Services } from '../../module/methods/method.ts';
import { createRedactor } from '../../module/redact/redact.ts';
import { createStorage } from '../../module/storage/create.ts';
import { createBlobNames } from '../../module/storage/names.ts';
import type { Sink } from '../../module/storage/sink.ts';
import type { Storage } from '../../module/storage/storage.ts';
import { createTasks } from '../../module/tasks/tasks.ts';

export const environment: Environment = {
  iothubHostname: 'hub.example',
  deviceId: 'device-1',
  moduleId: 'edgeSupport',
};

/** A log that keeps its lines, `LEVEL text` each. */
export function memoryLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (text: string) => void lines.push(`${level} ${text}`);
  return {
    lines,
    fatal: at('fatal'),
    error: at('error'),
    warning: at('warning'),
    info: at('info'),
    debug: at('debug'),
    verbose: at('verbose'),
  };
}

/** A sink that keeps what was put, by name. */
function memorySink(): Sink & { readonly blobs: Map<string, Buffer> } {
  const blobs = new Map<string, Buffer>();
  return {
    blobs,
    async put(name, _headers, body) {
      const parts: Uint8Array[] = [];
      for await (const part of body) parts.push(part);
      blobs.set(name, Buffer.concat(parts));
      return { name, url: `memory://${name}`, bytes: blobs.get(name)?.length ?? 0 };
    },
  };
}

export interface TestServices {
  readonly docker: Docker;
  readonly variables?: Readonly<Record<string, string>>;
  readonly desired?: Readonly<Record<string, unknown>>;
  readonly now?: Date;
  readonly sink?: Sink;
  readonly storage?: Storage;
}

/** The services of a module around this engine, everything else in memory. */
export function services({ docker, variables = {}, desired = {}, now, sink = memorySink(), storage }: TestServices) {
  const log = memoryLog();
  const { values } = resolveConfig(variables, desired);
  const redactor = createRedactor({ key: Buffer.alloc(32), known: () => [] });
  const clock = () => now ?? new Date();
  return {
    docker,
    env: environment,
    redactor,
    tasks: createTasks(redactor.text),
    settings: () => values,
    policy: () => values,
    version: '0.0.0-test',
    log,
    now: clock,
    world: () => ({ docker, env: environment, now: clock }),
    openSink: () => sink,
    // A folder that cannot be made: nothing is kept.
    storage:
      storage ??
      createStorage({
        folder: '/dev/null/data',
        env: environment,
        variables,
        settings: () => values,
        policy: () => values,
        now: clock,
        remember: () => undefined,
      }),
    nameBlob: createBlobNames(environment, clock),
  } satisfies Services;
}
