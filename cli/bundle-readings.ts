import { createLogWatch } from '../module/collectors/log-watch.ts';
import type { ContainerInspect } from '../module/docker/docker.ts';
import { type EdgeContainer, reduceContainer } from '../module/facts/edge-containers.ts';
import { type FactName, facts, type Readings } from '../module/facts/index.ts';
import type { ModuleLogReading } from '../module/facts/log-statistics.ts';
import type { Progress } from './progress.ts';
import { textOf, type Zip, type ZippedFile } from './zip.ts';

/** The readings of one of our own bundles, as its facts/*.json have them; those that cannot be read are left out. */
export async function ownReadings({ files }: Zip): Promise<Partial<Readings>> {
  const found: Record<string, unknown> = {};
  for (const file of files) {
    const name = /^facts\/(\w+)\.json$/.exec(file.name)?.[1];
    if (name === undefined || !(name in facts)) continue;
    const reading = await jsonOf(file);
    if (typeof reading === 'object' && reading !== null && ('value' in reading || 'unavailable' in reading))
      found[name] = reading;
  }
  return found as Partial<Readings>;
}

/** What readings can be had from a zip of `iotedge support-bundle`: its inspects are the engine's own. */
export async function derivedReadings({ files }: Zip): Promise<Partial<Readings>> {
  const containers: EdgeContainer[] = [];
  const unreadable: { name: string; why: string }[] = [];
  for (const file of files) {
    const name = /^inspect\/([^/]+)\.json$/.exec(file.name)?.[1];
    if (name === undefined) continue;
    // The original's name for what `docker inspect` said instead.
    if (name.endsWith('_err')) {
      unreadable.push({ name: name.slice(0, -'_err'.length), why: (await textOf(file)).trim().slice(0, 300) });
      continue;
    }
    const json = await jsonOf(file);
    const inspect = (Array.isArray(json) ? json[0] : json) as ContainerInspect | undefined;
    try {
      containers.push(reduceContainer({ name, containerId: inspect?.Id ?? '' }, inspect as ContainerInspect));
    } catch {
      unreadable.push({ name, why: `${file.name} is not what \`docker inspect\` prints.` });
    }
  }
  const name: FactName = 'edgeContainers';
  return containers.length + unreadable.length === 0 ? {} : { [name]: { value: { containers, unreadable } } };
}

/** Takes the statistics of every log again: a newer version knows more signs. */
export async function watchLogs(
  { files }: Zip,
  progress: Progress,
): Promise<Readonly<Record<string, ModuleLogReading>>> {
  const found: Record<string, ModuleLogReading> = {};
  for (const file of logsIn(files)) {
    const name = sourceOf(file.name);
    const watch = createLogWatch(file.name);
    const whole = wholeLines(file.read(), progress);
    for await (const _ of watch.tap(whole));
    found[name] = watch.read();
  }
  return found;
}

/** `logs/edgeHub_log.txt` is edgeHub's, `logs/aziot-edged.txt` the daemon's; `_err.txt` says why there is none. */
export const logsIn = (files: readonly ZippedFile[]) =>
  files.filter(({ name }) => /^logs\/[^/]+\.txt$/.test(name) && !/_err(?:_docker)?\.txt$/.test(name));

const sourceOf = (name: string) => name.replace(/^logs\/|(?:_log)?\.txt$/g, '');

/** Chunks that end with a line, as a watch wants them; a very long line comes in pieces. */
async function* wholeLines(source: AsyncIterable<Uint8Array>, progress: Progress): AsyncGenerator<Uint8Array> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of source) {
    progress.add(part.length);
    const chunk = rest.length === 0 ? Buffer.from(part) : Buffer.concat([rest, part]);
    const end = chunk.lastIndexOf(0x0a) + 1 || (chunk.length > 1 << 20 ? chunk.length : 0);
    if (end > 0) yield chunk.subarray(0, end);
    rest = chunk.subarray(end);
  }
  if (rest.length > 0) yield rest;
}

/** The file's JSON; undefined for what is none. */
export async function jsonOf(file: ZippedFile | undefined): Promise<unknown> {
  if (!file) return undefined;
  try {
    return JSON.parse(await textOf(file));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
