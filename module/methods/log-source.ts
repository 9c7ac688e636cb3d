import type { LogSource } from '../logs/logs.ts';
import { stricter } from '../redact/redact.ts';
import type { Services } from './method.ts';

/** Where logs are read from, and how much is taken out of them: the stricter of the setting and the owner's minimum. */
export function logSource({ docker, redactor, env, settings, policy }: Services): LogSource {
  return {
    docker,
    engineLogs: settings().engineLogs,
    redactor,
    scope: stricter(settings().logUploadRedaction, policy().minimumRedaction),
    iothub: env.iothubHostname,
    device: env.deviceId,
  };
}
