import { valueOf } from '../facts/fact.ts';
import { describeBytes } from './bytes.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { type NamedLog, nameLogs } from './log-growth.ts';

/** An unbounded log above this, in bytes, or above this share of its disk, is a warning. */
const large = 1e9;
const largeShare = 0.1;

export const containerLogSize = defineCheck({
  id: 'container-log-size',
  section: 'Field checks',
  title: "no container's log eats the disk",
  needs: ['hostDisks', 'edgeContainers'],
  judge({ hostDisks, edgeContainers }, { now }): Verdict {
    if ('unavailable' in hostDisks) return skippedFor(hostDisks);
    const { fileSystems, logFolder, logs: read, logsProblem } = hostDisks.value;
    if (logsProblem !== undefined) {
      const why = `The logs under ${logFolder} could not be looked at: ${logsProblem}`;
      return { status: 'skipped', reason: 'unreadable', why };
    }
    const logs = nameLogs(read, valueOf(edgeContainers)?.containers ?? [], now);
    const disk = fileSystems.find(({ paths }) => paths.includes(logFolder));
    const info = {
      folder: logFolder,
      total_bytes: logs.reduce((sum, { bytes }) => sum + bytes, 0),
      logs: logs.slice(0, 10),
    };
    const tooLarge = logs.filter(
      ({ bounded, bytes }) => !bounded && (bytes > large || (disk !== undefined && bytes > disk.total * largeShare)),
    );
    if (tooLarge.length === 0) return { status: 'ok', info };
    return {
      status: 'warning',
      details: tooLarge.map((log) => describe(log, disk?.total)),
      fix:
        'Set HostConfig.LogConfig with max-size and max-file in the createOptions of each one named, or "log-opts" in ' +
        '/etc/docker/daemon.json; the old log goes when the container is re-created.',
      info,
    };
  },
});

function describe({ name, bytes, bounded, perDay }: NamedLog, total: number | undefined): string {
  const share = total ? `, ${((bytes / total) * 100).toFixed(1)} % of its disk` : '';
  const growth = perDay ? `, and grows by ${describeBytes(perDay)} a day` : '';
  const limit = bounded === undefined ? '; whether it has a limit is not known' : ' and has no limit';
  return `The log of ${name} takes ${describeBytes(bytes)}${share}${growth}${limit}.`;
}
