import type { EdgeContainer } from '../facts/edge-containers.ts';
import { valueOf } from '../facts/fact.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';

const message =
  'Container engine is not configured to rotate module logs which may cause it run out of disk space.\n' +
  'Please see https://aka.ms/iotedge-prod-checklist-logs for best practices.\n' +
  'You can ignore this warning if you are setting log policy per module in the Edge deployment.';

/**
 * The original reads daemon.json only. Here each container's effective setting counts: the engine copies its defaults
 * into a container when it is created, so what was set per module in the deployment is seen as well.
 */
export const containerEngineLogrotate = defineCheck({
  id: 'container-engine-logrotate',
  section: 'Configuration checks',
  title: 'production readiness: logs policy',
  needs: ['edgeContainers', 'engineInfo'],
  judge({ edgeContainers, engineInfo }): Verdict {
    if ('unavailable' in edgeContainers) return skippedFor(edgeContainers);
    const { containers } = edgeContainers.value;
    const driver = valueOf(engineInfo)?.loggingDriver;
    const info = {
      // The options of daemon.json are in no answer of the engine; only its driver is.
      daemon_config: driver === undefined ? null : { 'log-driver': driver, 'log-opts': null },
      containers: Object.fromEntries(containers.map(({ name, log }) => [name, log])),
    };
    if (containers.length === 0) {
      const why = 'There is no module yet whose log settings could be looked at.';
      return { status: 'skipped', reason: 'unknown', why, info };
    }
    const unbounded = containers.filter(({ log }) => !isBounded(log));
    if (unbounded.length > 0) {
      const named = unbounded.map(({ name, log }) => `${name} (${log.driver} without max-size)`);
      return {
        status: 'warning',
        details: [message, `The log grows without limit in ${named.join(', ')}.`],
        fix:
          'Set "log-driver" and "log-opts" with max-size and max-file in /etc/docker/daemon.json and restart the ' +
          'engine, or HostConfig.LogConfig in the createOptions of each module; containers take it when they are re-created.',
        info,
      };
    }
    // The original wants both options whatever the driver, except for journald.
    const originalWarns = containers.some(
      ({ log }) => log.driver !== 'journald' && (log.maxSize === undefined || log.maxFile === undefined),
    );
    return { status: 'ok', info, ...(originalWarns ? { iotedgeCheck: 'warning' } : {}) };
  },
});

/**
 * Of the engine's drivers only json-file lets a log on the device's disk grow without limit: local rotates by itself,
 * journald has its own limits, and the others send the log away. With max-size alone json-file keeps one file.
 */
function isBounded({ driver, maxSize }: EdgeContainer['log']): boolean {
  return driver !== 'json-file' || (maxSize !== undefined && !/^-/.test(maxSize));
}
