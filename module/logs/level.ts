import { SupportError } from '../base/errors.ts';

/** Severities by name: syslog's, and those of IoT Edge's RuntimeLogLevel. Smaller is worse. */
const severities: ReadonlyMap<string, number> = new Map(
  Object.entries({
    'emergency emerg fatal': 0,
    alert: 1,
    'critical crit': 2,
    'error err': 3,
    'warning warn': 4,
    notice: 5,
    'information info': 6,
    'debug verbose': 7,
  }).flatMap(([names, severity]) => names.split(' ').map((name) => [name, severity] as const)),
);

/** A level by name or number, as `minLevel` takes it; SupportError bad-request naming the field otherwise. */
export function parseLevel(value: string, field: string): number {
  const text = value.trim().toLowerCase();
  const severity = /^\d$/.test(text) ? Number(text) : severities.get(text);
  if (severity !== undefined) return severity;
  const names = 'fatal, critical, error, warning, info, debug, or a number from 0 to 9';
  throw new SupportError('bad-request', `${field} must be one of ${names}, got "${value.slice(0, 40)}".`);
}
