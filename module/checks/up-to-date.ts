import type { Daemon } from '../facts/daemon-config.ts';
import type { Reading } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';
import { skippedFor, type Verdict } from './check.ts';

/** Judges whether the daemons' configuration was made after the last change of config.toml; the first problem counts. */
export function judgeUpToDate(
  program: 'aziotctl' | 'iotedge',
  daemons: readonly Daemon[],
  hostConfig: Reading<Facts['hostConfig']>,
): Verdict {
  if ('unavailable' in hostConfig) return skippedFor(hostConfig);
  const { configToml, super: made } = hostConfig.value.files;
  if (configToml === undefined) return { status: 'ignored', why: 'There is no /etc/aziot/config.toml.' };
  const fix = `Run 'sudo ${program} config apply' on the device.`;
  for (const daemon of daemons) {
    const time = made[daemon];
    if (time === undefined) {
      const path = `/etc/aziot/${daemon}/config.d/00-super.toml`;
      const details = [`${path} does not exist.\nDid you run '${program} config apply'?`];
      return { status: 'warning', details, fix };
    }
    if (configToml > time) {
      const service = daemon === 'edged' ? 'aziot-edged' : daemon;
      const first =
        `/etc/aziot/config.toml was modified after ${service}'s config\n` +
        `You must run '${program} config apply' to update ${service}'s config with the latest config.toml`;
      return { status: 'warning', details: [first], fix };
    }
  }
  return { status: 'ok' };
}
