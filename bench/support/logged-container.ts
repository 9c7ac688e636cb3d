import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Engine, ownerLabel, simLabel } from '../../sim/engine.ts';
import { buildWorkloadImage } from '../../sim/images.ts';
import { type LogKind, writeLogFile } from './log-file.ts';

export interface LoggedContainer {
  readonly name: string;
  readonly kind: LogKind;
  readonly lines: number;
  /** A folder for the log on its way. */
  readonly dir: string;
  /** Makes it one of IoT Edge's modules. */
  readonly owned?: boolean;
  readonly signal?: AbortSignal;
}

/** A container that has written a log and ended; the engine keeps the log as json-file. Returns the log's bytes. */
export async function makeLoggedContainer(engine: Engine, options: LoggedContainer): Promise<number> {
  const { name, kind, lines, dir, owned = false, signal } = options;
  signal?.throwIfAborted();
  const file = join(dir, `${name}.txt`);
  const bytes = await writeLogFile(file, kind, lines);
  const owner = owned ? { [ownerLabel]: 'Microsoft.Azure.Devices.Edge.Agent' } : {};
  const container = await engine.docker.createContainer({
    name,
    Image: await buildWorkloadImage(engine.docker),
    Cmd: ['cat', '/log'],
    Labels: { [simLabel]: engine.runId, ...owner },
    HostConfig: { NetworkMode: 'none', Binds: [`${file}:/log:ro`], LogConfig: { Type: 'json-file', Config: {} } },
  });
  await container.start();
  const { StatusCode } = (await container.wait(signal ? { abortSignal: signal } : {})) as { StatusCode: number };
  if (StatusCode !== 0) throw new Error(`The container that writes the log ended with ${StatusCode}.`);
  await rm(file);
  return bytes;
}
