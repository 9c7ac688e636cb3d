import type { LogSource } from '../logs/logs.ts';
import type { Services } from './method.ts';

/** Where logs are read from, and how much is taken out of them: the stricter of the setting and the owner's minimum. */
export function logSource({ docker, redactor, env, settings, policy }: Services): LogSource {
  const all = settings().logUploadRedaction === 'all' || policy().minimumRedaction === 'all';
  return {
    docker,
    engineLogs: settings().engineLogs,
    redactor,
    scope: all ? 'all' : 'known',
    iothub: env.iothubHostname,
    device: env.deviceId,
  };
}
