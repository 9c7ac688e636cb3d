import { type Reading, valueOf } from '../facts/fact.ts';
import type { HostEngineConfigReading } from '../facts/host-engine-config.ts';
import type { Verdict } from './check.ts';

/**
 * The verdict of a check of daemon.json when the file cannot be parsed: an error, as in the original, since the engine
 * will not start with it. `message` is the check's first text. Undefined when the file is good, absent or not known.
 */
export function invalidDaemonJson(
  message: string,
  reading: Reading<HostEngineConfigReading>,
  info: Readonly<Record<string, unknown>>,
): Verdict | undefined {
  const config = valueOf(reading);
  if (config?.state !== 'invalid') return undefined;
  return {
    status: 'failed',
    details: [message, `Could not parse container engine config file ${config.path}`, config.problem ?? ''],
    fix: `Correct ${config.path}: the engine does not start with it again. 'dockerd --validate' shows what is wrong.`,
    info,
  };
}

/** What daemon.json says, when that is known: a file that is absent says nothing of anything. */
export function knownConfig(reading: Reading<HostEngineConfigReading>): HostEngineConfigReading | undefined {
  const config = valueOf(reading);
  return config?.state === 'found' || config?.state === 'missing' ? config : undefined;
}

/** The original's second text when there is no file. */
export function missingCause(config: HostEngineConfigReading | undefined): readonly string[] {
  return config?.state === 'missing' ? [`Could not open container engine config file ${config.path}`] : [];
}
