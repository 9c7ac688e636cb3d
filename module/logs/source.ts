import { existsSync } from 'node:fs';
import type { ContainerInspect, Docker, LogQuery, RawLog } from '../docker/docker.ts';
import { deviceClock } from './clock.ts';
import { openFileLog } from './file/open.ts';
import { fileLines, filePayload } from './file/read.ts';
import { type Line, lines } from './lines.ts';
import type { Losses } from './loss.ts';
import { payload } from './payload.ts';
import { onlySince } from './since.ts';
import { openWindow } from './window.ts';

/**
 * Where a log was read from: the engine's own log files, the engine's API, or the API asked for the end of the log only.
 */
export type LogPath = 'file' | 'engine' | 'engine-tail';

/** A log that was opened; one of the two has to be read, once. */
export interface OpenedLog {
  readonly path: LogPath;
  /** The containers' bytes, without looking at lines. */
  payload(): AsyncIterable<Buffer>;
  /** Whole lines, with the engine's timestamp in front if that was asked for. */
  lines(): AsyncIterable<readonly Line[]>;
}

export interface LogPlace {
  readonly docker: Docker;
  /** The engine's container directory, when it is bound into this module: `/var/lib/docker/containers`. */
  readonly engineLogs?: string;
}

/**
 * Opens a module's log in the fastest way there is; all of them give the same bytes. Rejects with what the engine says
 * when it cannot be opened at all.
 */
export async function openLog(
  { docker, engineLogs = '' }: LogPlace,
  module: string,
  query: LogQuery,
  losses: Losses,
  signal: AbortSignal,
): Promise<OpenedLog> {
  const { since, tail, timestamps = false } = query;
  const viaApi = (path: LogPath, { tty, body }: RawLog): OpenedLog => ({
    path,
    payload: () => payload(tty, losses)(body),
    lines: () => lines(tty, timestamps, losses)(body),
  });
  const fileThere = engineLogs !== '' && existsSync(engineLogs);
  if (fileThere || since !== undefined) {
    const container = await inspected(docker, module, signal);
    const clock = deviceClock(docker.address);
    if (fileThere && container !== undefined) {
      const reading = await openFileLog(engineLogs, container, query, clock, signal);
      if (reading !== undefined)
        return {
          path: 'file',
          payload: () => filePayload(reading, losses, signal),
          lines: () => fileLines(reading, losses, signal),
        };
    }
    if (container !== undefined && since !== undefined && tail === undefined && !compresses(container)) {
      const raw = await openWindow(docker, container, { ...query, since }, clock, signal).catch(giveUp(signal));
      if (raw !== undefined) return viaApi('engine-tail', raw);
    }
    if (container !== undefined && since !== undefined && compresses(container)) {
      const { since: _, ...without } = query;
      const { tty, body } = await docker.logs(module, { ...without, timestamps: true }, signal);
      return viaApi('engine', { tty, body: onlySince(tty, since, timestamps)(body) });
    }
  }
  return viaApi('engine', await docker.logs(module, query, signal));
}

/**
 * Whether the engine compresses the log's older files; `local` does so unless told not to. Asked for `since`, Docker
 * 20.10 then leaves out every file but the newest as soon as the oldest is older than `since` (seen; moby,
 * loggerutils/logfile.go, where `break` stands for `continue`): it must not be asked for it.
 */
function compresses({ HostConfig }: ContainerInspect): boolean {
  const { Type = '', Config = {} } = HostConfig?.LogConfig ?? {};
  return Type === 'local' ? Config?.['compress'] !== 'false' : Type === 'json-file' && Config?.['compress'] === 'true';
}

/** Undefined when the engine will not say: the question for the log itself then brings its reason. */
async function inspected(docker: Docker, module: string, signal: AbortSignal): Promise<ContainerInspect | undefined> {
  return docker.inspect(module, signal).catch(giveUp(signal));
}

function giveUp(signal: AbortSignal): () => undefined {
  return () => {
    signal.throwIfAborted();
    return undefined;
  };
}
