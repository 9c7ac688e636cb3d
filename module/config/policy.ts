import { SupportError } from '../base/errors.ts';
import { covers, type Settings, settings } from './settings.ts';

/** What the device's owner allows: no request can widen it. */
export type Policy = Pick<
  Settings,
  | 'allowedMethods'
  | 'callsPerMinute'
  | 'restartableModules'
  | 'protectedModules'
  | 'destructiveMethods'
  | 'hostAccess'
  | 'uploadHosts'
  | 'httpsOnly'
  | 'minimumRedaction'
>;

/** SupportError forbidden, naming the setting, when the owner does not allow this method. */
export function forbidMethod(policy: Policy, method: string): void {
  if (includes(policy.allowedMethods, method)) return;
  throw forbidden(`${method} is not allowed on this device`, 'allowedMethods');
}

/** SupportError forbidden, naming the setting, when the owner has not allowed this method to take anything away. */
export function forbidDestruction(policy: Policy, method: string): void {
  if (includes(policy.destructiveMethods, method)) return;
  throw forbidden(`${method} may take nothing away on this device`, 'destructiveMethods');
}

/** SupportError forbidden, naming the setting, when the owner protects this module from changes. */
export function forbidModuleChange(policy: Policy, module: string): void {
  if (includes(policy.protectedModules, module)) {
    throw forbidden(`${module} is protected on this device`, 'protectedModules');
  }
  if (includes(policy.restartableModules, module)) return;
  throw forbidden(`${module} may not be restarted on this device`, 'restartableModules');
}

/** SupportError forbidden, naming the setting, when nothing may be uploaded to this host. */
export function forbidUploadHost(policy: Policy, host: string): void {
  if (includes(policy.uploadHosts, host)) return;
  throw forbidden(`Uploading to ${host} is not allowed on this device`, 'uploadHosts');
}

/** SupportError forbidden, naming the setting, when uploads over plain http are refused. */
export function forbidHttp(policy: Policy, host: string): void {
  if (!policy.httpsOnly) return;
  throw forbidden(`Uploading to ${host} over plain http is not allowed on this device`, 'httpsOnly');
}

/** Why no helper container is started where the owner does not allow it. */
export const hostAccessOff = forbidden('Looking at the host is not allowed on this device', 'hostAccess').message;

const includes = (patterns: readonly string[], name: string) => patterns.some((pattern) => covers(pattern, name));

function forbidden(what: string, name: keyof Policy): SupportError {
  const { twin, env } = settings[name];
  return new SupportError('forbidden', `${what} (setting ${twin}, environment variable ${env}).`);
}
