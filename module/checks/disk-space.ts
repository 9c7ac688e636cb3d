import { valueOf } from '../facts/fact.ts';
import type { FileSystemReading, HostDisksReading } from '../facts/host-disks.ts';
import { describeBytes } from './bytes.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { growthPerDay, type NamedLog, nameLogs } from './log-growth.ts';

/** Below this share free it is a warning, below that an error. */
const scarce = 0.1;
const scant = 0.03;
/** Bytes; less is an error whatever the disk's size. */
const least = 200e6;
const fewDays = 14;

type Severity = 'warning' | 'failed';
interface Finding {
  readonly severity: Severity;
  readonly text: string;
}

export const diskSpace = defineCheck({
  id: 'disk-space',
  section: 'Field checks',
  title: 'there is room on the disks that IoT Edge fills',
  needs: ['hostDisks', 'edgeContainers'],
  judge({ hostDisks, edgeContainers }, { now }): Verdict {
    if ('unavailable' in hostDisks) return skippedFor(hostDisks);
    const disks = hostDisks.value;
    const logs = nameLogs(disks.logs, valueOf(edgeContainers)?.containers ?? [], now);
    const daysLeft = daysUntilFull(disks, logs);
    const largest = logs.slice(0, 5).map(({ name, bytes }) => ({ name, bytes }));
    const info = {
      file_systems: disks.fileSystems.map(infoOf),
      log_growth_per_day: growthPerDay(logs),
      days_until_full: daysLeft ?? null,
      largest_logs: largest,
      ...(disks.logsProblem === undefined ? {} : { logs_problem: disks.logsProblem }),
    };
    const findings = disks.fileSystems.flatMap(findingsOf);
    if (daysLeft !== undefined && daysLeft < fewDays) {
      const grows = `The logs grow by ${describeBytes(growthPerDay(logs))} a day`;
      findings.push({ severity: 'warning', text: `${grows}: ${disks.logFolder} is full in about ${daysLeft} days.` });
    }
    if (findings.length === 0) return { status: 'ok', info };
    const eaters = largest.map(({ name, bytes }) => `${name} ${describeBytes(bytes)}`).join(', ');
    return {
      status: findings.some(({ severity }) => severity === 'failed') ? 'failed' : 'warning',
      details: [
        ...findings.map(({ text }) => text),
        ...(eaters === '' ? [] : [`The largest container logs: ${eaters}.`]),
      ],
      fix:
        'Limit the logs of the containers named (check container-log-size), remove unused images with PruneEngine, which ' +
        "only shows them at first (on the device: 'docker image prune -a'), and see with 'du -xh --max-depth=2' what else fills the folder named.",
      info,
    };
  },
});

function infoOf({ paths, total, available, inodes, freeInodes }: FileSystemReading): Readonly<Record<string, unknown>> {
  return { paths, total, available, percent_free: percent(available, total), inodes, free_inodes: freeInodes };
}

function findingsOf({ paths, total, available, inodes, freeInodes }: FileSystemReading): Finding[] {
  const where = `On the disk of ${paths.join(', ')}`;
  const found: Finding[] = [];
  const add = (share: number, few: boolean, text: string) => {
    if (share < scarce || few) found.push({ severity: share < scant || few ? 'failed' : 'warning', text });
  };
  if (total > 0) {
    const text = `${where} ${describeBytes(available)} of ${describeBytes(total)} are free (${percent(available, total)}).`;
    add(available / total, available < least, text);
  }
  if (inodes > 0) {
    add(
      freeInodes / inodes,
      false,
      `${where} ${freeInodes} of ${inodes} inodes are free (${percent(freeInodes, inodes)}).`,
    );
  }
  return found;
}

/** Whole days until the disk with the containers' logs is full, when they go on growing as they did. */
function daysUntilFull({ fileSystems, logFolder }: HostDisksReading, logs: readonly NamedLog[]): number | undefined {
  const disk = fileSystems.find(({ paths }) => paths.includes(logFolder));
  const perDay = growthPerDay(logs);
  return disk && perDay > 0 ? Math.floor(disk.available / perDay) : undefined;
}

const percent = (part: number, whole: number) => (whole > 0 ? `${((part / whole) * 100).toFixed(1)} %` : null);
