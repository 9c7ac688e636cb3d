import { SupportError } from '../base/errors.ts';

/** Seconds per unit of humantime, the crate with which edged reads durations. Case matters: `m` minute, `M` month. */
const units = new Map(
  Object.entries({
    'nanos nsec ns': 1e-9,
    'micros usec us µs': 1e-6,
    'millis msec ms': 1e-3,
    'seconds second secs sec s': 1,
    'minutes minute mins min m': 60,
    'hours hour hrs hr h': 3600,
    'days day d': 86_400,
    'weeks week wks wk w': 604_800,
    'months month M': 2_630_016,
    'years year yrs yr y': 31_557_600,
  }).flatMap(([names, seconds]) => names.split(' ').map((name) => [name, seconds] as const)),
);

/** From here on a whole number is milliseconds: as seconds it would be the year 5138. */
const leastMilliseconds = 100_000_000_000;

/** The last second of the year 9999. */
const last = 253_402_300_799;

const date = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2})(?::(\d{2})(?:\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})?)?$/;

/**
 * A `since` or `until` as Unix seconds, fractions dropped. Everything that edged takes (edgelet-core, parse_since.rs:
 * RFC 3339, Unix seconds, durations back from now such as `1 day 12h`) and, beyond it, dates without a zone or
 * without seconds (UTC), Unix milliseconds, and times after 2038. Throws a SupportError that names the field.
 */
export function parseTime(value: string, field: string, now: Date): number {
  const text = value.trim();
  const seconds = fromNumber(text) ?? fromDate(text) ?? fromDuration(text, now);
  if (seconds !== undefined && Math.abs(seconds) <= last) return seconds;
  const name = field.split('.').at(-1);
  throw new SupportError(
    'bad-request',
    `invalid parameter: ${name}. Expected in ${field} a time such as 2026-01-02T03:04:05Z, Unix seconds, ` +
      `or how far back, such as 15m, 2h or "1 day 6h", got "${value.slice(0, 80)}".`,
  );
}

function fromNumber(text: string): number | undefined {
  if (!/^[+-]?\d{1,16}$/.test(text)) return undefined;
  const number = Number(text);
  return Math.abs(number) >= leastMilliseconds ? Math.floor(number / 1000) : number;
}

function fromDate(text: string): number | undefined {
  const [, day, minute = '00:00', second = '00', zone = 'Z'] = date.exec(text) ?? [];
  if (day === undefined) return undefined;
  const local = `${day}T${minute}:${second}`;
  const asUtc = new Date(`${local}Z`);
  // Date takes 31 April for 1 May; a date that exists comes back as it went in.
  if (Number.isNaN(asUtc.getTime()) || asUtc.toISOString().slice(0, 19) !== local) return undefined;
  const ms = Date.parse(`${local}${zone.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : ms / 1000;
}

function fromDuration(text: string, now: Date): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?\s*[a-zA-Zµ]+\s*)+$/.test(text)) return undefined;
  let seconds = 0;
  for (const [, number, unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)\s*([a-zA-Zµ]+)/g)) {
    const length = units.get(unit);
    if (length === undefined) return undefined;
    seconds += Number(number) * length;
  }
  return Math.floor(now.getTime() / 1000 - seconds);
}
