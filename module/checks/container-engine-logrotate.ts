import type { EdgeContainer } from '../facts/edge-containers.ts';
import { valueOf } from '../facts/fact.ts';
import type { HostEngineConfigReading } from '../facts/host-engine-config.ts';
import { defineCheck, type Outcome, skippedFor, type Verdict } from './check.ts';
import { invalidDaemonJson, knownConfig, missingCause } from './daemon-json.ts';
import { isBounded } from './unbounded-log.ts';

const message =
  'Container engine is not configured to rotate module logs which may cause it run out of disk space.\n' +
  'Please see https://aka.ms/iotedge-prod-checklist-logs for best practices.\n' +
  'You can ignore this warning if you are setting log policy per module in the Edge deployment.';
const fix =
  'Set "log-driver" and "log-opts" with max-size and max-file in /etc/docker/daemon.json and restart the ' +
  'engine, or HostConfig.LogConfig in the createOptions of each module; containers take it when they are re-created.';

/**
 * The original reads daemon.json only. Here each container's effective setting counts: the engine copies its defaults
 * into a container when it is created, so what was set per module in the deployment is seen as well.
 */
export const containerEngineLogrotate = defineCheck({
  id: 'container-engine-logrotate',
  section: 'Configuration checks',
  title: 'production readiness: logs policy',
  needs: ['edgeContainers', 'engineInfo', 'hostEngineConfig'],
  judge({ edgeContainers, engineInfo, hostEngineConfig }): Verdict {
    const config = knownConfig(hostEngineConfig);
    const containers = valueOf(edgeContainers)?.containers ?? [];
    const info = {
      daemon_config: daemonConfig(config, valueOf(engineInfo)?.loggingDriver),
      containers: Object.fromEntries(containers.map(({ name, log }) => [name, log])),
    };
    const invalid = invalidDaemonJson(message, hostEngineConfig, info);
    if (invalid) return invalid;
    const original = config ? originalOf(config) : originalFrom(containers);
    if (containers.length > 0) return judgeContainers(containers, config, original, info);
    if (!config) {
      if ('unavailable' in edgeContainers) return skippedFor(edgeContainers, info);
      const why = 'There is no module yet whose log settings could be looked at.';
      return { status: 'skipped', reason: 'unknown', why, info };
    }
    if (config.logDriver === 'local') return { status: 'ok', info, ...differing('ok', original) };
    if (original === 'ok') return { status: 'ok', info };
    return { status: 'warning', details: [message, ...missingCause(config)], fix, info };
  },
});

function judgeContainers(
  containers: readonly EdgeContainer[],
  config: HostEngineConfigReading | undefined,
  original: Outcome,
  info: Readonly<Record<string, unknown>>,
): Verdict {
  const unbounded = containers.filter(({ log }) => !isBounded(log));
  if (unbounded.length === 0) return { status: 'ok', info, ...differing('ok', original) };
  const named = unbounded.map(({ name, log }) => `${name} (${log.driver} without max-size)`);
  const details = [message, ...missingCause(config), `The log grows without limit in ${named.join(', ')}.`];
  // Without daemon.json the original's verdict is only guessed, and the guess cannot be ok here.
  return { status: 'warning', details, fix, info, ...(config ? differing('warning', original) : {}) };
}

const differing = (own: Outcome, original: Outcome) => (own === original ? {} : { iotedgeCheck: original });

/** The original's rule: a driver and both options, or journald. */
function originalOf({ logDriver, maxSize, maxFile }: HostEngineConfigReading): Outcome {
  const both = logDriver !== undefined && maxSize !== undefined && maxFile !== undefined;
  return logDriver === 'journald' || both ? 'ok' : 'warning';
}

/** The same rule over what the containers were given, where daemon.json is not known. */
function originalFrom(containers: readonly EdgeContainer[]): Outcome {
  const warns = containers.some(
    ({ log }) => log.driver !== 'journald' && (log.maxSize === undefined || log.maxFile === undefined),
  );
  return warns ? 'warning' : 'ok';
}

function daemonConfig(config: HostEngineConfigReading | undefined, driver: string | undefined) {
  if (config?.state === 'found') {
    return {
      'log-driver': config.logDriver ?? null,
      'log-opts': { 'max-file': config.maxFile ?? null, 'max-size': config.maxSize ?? null },
    };
  }
  // The options of daemon.json are in no answer of the engine; only its driver is.
  return driver === undefined || config ? null : { 'log-driver': driver, 'log-opts': null };
}
