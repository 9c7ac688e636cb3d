import { basename, join } from 'node:path';
import type { ContainerInspect, LogQuery } from '../../docker/docker.ts';
import { type Clock, clockInDoubt } from '../clock.ts';
import { pieces, wholeLines } from './blocks.ts';
import { createDecoder, mended } from './decode.ts';
import type { FileReading } from './read.ts';
import { beginning, findSince, findTail, type SearchLimits, searchLimits } from './search.ts';
import { closeSegments, openSegments, type Segment } from './segments.ts';

/**
 * Opens the log files of a container in `folder`, the engine's container directory, and finds where the query's answer
 * begins in them. Undefined when the log has to be asked of the engine: another logging driver, files that are not
 * there or not readable, a format that is not json-file's. Rejects only when aborted.
 */
export async function openFileLog(
  folder: string,
  container: ContainerInspect,
  { since, until, tail, timestamps = false }: LogQuery,
  clock: Clock,
  signal: AbortSignal,
  limits: SearchLimits = searchLimits,
): Promise<FileReading | undefined> {
  const { Id, LogPath, HostConfig, State } = container;
  if (HostConfig?.LogConfig?.Type !== 'json-file' || !/^[0-9a-f]{64}$/.test(Id)) return undefined;
  if (basename(LogPath) !== `${Id}-json.log`) return undefined;
  let segments: readonly Segment[] = [];
  try {
    const maxFiles = Number(HostConfig.LogConfig.Config?.['max-file'] ?? 1);
    segments = await openSegments(join(folder, Id, `${Id}-json.log`), maxFiles);
    const from =
      tail !== undefined
        ? await findTail(segments, tail, signal)
        : since !== undefined && !clockInDoubt(container, since, clock)
          ? await findSince(segments, since, signal, limits)
          : beginning;
    if (await isReadable(segments, signal)) {
      const window = { ...(since === undefined ? {} : { since }), ...(until === undefined ? {} : { until }) };
      return { segments, close: closer(segments, signal), from, running: State.Running, timestamps, ...window };
    }
  } catch {
    // The engine is asked instead, and says what is wrong.
  }
  await closeSegments(segments);
  signal.throwIfAborted();
  return undefined;
}

/** What closes the files, once, at the latest when the signal aborts. */
function closer(segments: readonly Segment[], signal: AbortSignal): () => Promise<void> {
  const close = async () => {
    signal.removeEventListener('abort', close);
    await closeSegments(segments);
  };
  signal.addEventListener('abort', close);
  return close;
}

/** Whether there is no line yet, or an entry near the beginning of a file that can be read. */
async function isReadable(segments: readonly Segment[], signal: AbortSignal): Promise<boolean> {
  let empty = true;
  for (const segment of segments) {
    for await (const read of wholeLines(pieces(segment, 0, 64 * 1024, signal), () => undefined)) {
      const block = mended(read);
      const damage = { places: 0, bytes: 0 };
      let entries = 0;
      createDecoder({ timestamps: false }, damage).decode(block, Buffer.alloc(block.length), 0, () => {
        entries += 1;
      });
      if (entries > 0) return true;
      empty = false;
      break;
    }
  }
  return empty;
}
