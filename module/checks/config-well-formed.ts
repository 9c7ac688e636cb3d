import type { Daemon } from '../facts/daemon-config.ts';
import type { Reading } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';
import { skippedFor, type Verdict } from './check.ts';

/** Judges whether a daemon's configuration could be read. */
export function judgeConfig(daemon: Daemon, hostConfig: Reading<Facts['hostConfig']>): Verdict {
  if ('unavailable' in hostConfig) return skippedFor(hostConfig);
  const config = hostConfig.value[daemon];
  if ('value' in config) return { status: 'ok' };
  const { kind, file, message } = config.problem;
  // The original takes this for fatal and ends its run.
  if (kind === 'permission-denied') {
    return { status: 'skipped', reason: kind, why: `${file}: ${message}`, iotedgeCheck: 'fatal' };
  }
  const first =
    daemon === 'edged'
      ? "Error running check: The IoT Edge daemon's configuration file is not well-formed."
      : `${daemon}'s configuration file is not well-formed.`;
  return {
    status: 'failed',
    details: [first, ...(file === undefined ? [] : [`error in file ${file}`]), message],
    fix: "Mend it, usually in /etc/aziot/config.toml followed by 'sudo iotedge config apply'.",
  };
}
