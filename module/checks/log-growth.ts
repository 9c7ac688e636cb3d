import type { ContainerLogReading } from '../facts/container-logs.ts';
import type { EdgeContainer } from '../facts/edge-containers.ts';
import { isBounded } from './unbounded-log.ts';

/** A container's log with what is known of the container. */
export interface NamedLog {
  /** The module's name; the beginning of the id for containers that are not IoT Edge's. */
  readonly name: string;
  readonly bytes: number;
  /** Whether it stops growing by itself, as one does that has been rotated; undefined when that is not known. */
  readonly bounded?: boolean;
  /** Bytes per day since its oldest line, when that is at least an hour ago. */
  readonly perDay?: number;
}

const hour = 3_600_000;
const day = 24 * hour;

/** The logs on the disk, the largest first. */
export function nameLogs(
  logs: readonly ContainerLogReading[],
  containers: readonly EdgeContainer[],
  now: Date,
): readonly NamedLog[] {
  return logs.map((log) => {
    const container = containers.find(({ containerId }) => containerId === log.containerId);
    const created = Date.parse(container?.createdAt ?? '');
    const first = log.first ?? (Number.isNaN(created) ? undefined : created);
    const age = first === undefined ? 0 : now.getTime() - first;
    // One that is not written to any more does not grow: its container has ended.
    const grows = now.getTime() - log.last < day;
    return {
      name: container?.name ?? log.containerId.slice(0, 12),
      bytes: log.bytes,
      ...(container ? { bounded: isBounded(container.log) } : log.files > 1 ? { bounded: true } : {}),
      ...(age >= hour ? { perDay: grows ? Math.round((log.bytes / age) * day) : 0 } : {}),
    };
  });
}

/** Bytes per day of the logs that do not stop by themselves. */
export function growthPerDay(logs: readonly NamedLog[]): number {
  return logs.reduce((sum, { bounded, perDay = 0 }) => sum + (bounded ? 0 : perDay), 0);
}
