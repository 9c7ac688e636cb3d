/** The engine takes the time of a line before it waits for its turn to write it: so far, in seconds, lines of stdout and stderr may stand out of order. */
export const jitter = 2;

/** `2024-03-01T10:00:00`, with which every timestamp of the engine begins. */
const dateSize = 19;

/** Days before the first of a month, in a year that begins in March. */
const monthDays = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];

/**
 * Whole Unix seconds of the RFC 3339 timestamp that stands from `at` to `end`; NaN when none does. Reads the digits in
 * place, because this is done for every line of a window.
 */
export function secondsAt(bytes: Uint8Array, at: number, end: number): number {
  if (end - at <= dateSize || bytes[at + 4] !== 0x2d || bytes[at + 10] !== 0x54 || bytes[at + 16] !== 0x3a) return NaN;
  const month = two(bytes, at + 5);
  const before = monthDays[month - 1];
  if (before === undefined) return NaN;
  const year = two(bytes, at) * 100 + two(bytes, at + 2) - (month < 3 ? 1 : 0);
  const leap = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
  const days = year * 365 + leap + before + two(bytes, at + 8);
  const time = two(bytes, at + 11) * 3600 + two(bytes, at + 14) * 60 + two(bytes, at + 17);
  const seconds = (days - 719_469) * 86_400 + time;
  return bytes[end - 1] === 0x5a ? seconds : seconds - zone(bytes, end);
}

/** The number that two digits are. Not a function within the one above: making one for every line takes longer than all it does. */
const two = (bytes: Uint8Array, at: number) => ((bytes[at] as number) - 48) * 10 + (bytes[at + 1] as number) - 48;

/** Seconds east of UTC that an ending such as `+02:00` says. */
function zone(bytes: Uint8Array, end: number): number {
  const [, sign, hours, minutes] =
    /([+-])(\d\d):(\d\d)$/.exec(String.fromCharCode(...bytes.subarray(end - 6, end))) ?? [];
  if (sign === undefined) return NaN;
  return (Number(hours) * 3600 + Number(minutes) * 60) * (sign === '-' ? -1 : 1);
}

/** Whether the timestamp has a fraction other than zero. */
export function hasFraction(bytes: Uint8Array, at: number, end: number): boolean {
  for (let place = at + dateSize + 1; place < end; place += 1) {
    const digit = bytes[place] as number;
    if (digit < 0x30 || digit > 0x39) return false;
    if (digit !== 0x30) return true;
  }
  return false;
}

/**
 * Writes the timestamp as the engine's API does, with nine digits of fraction and a blank after it; returns where the
 * next byte goes.
 */
export function writeStamp(bytes: Uint8Array, at: number, end: number, out: Uint8Array, to: number): number {
  let place = to;
  for (let from = at; from < at + dateSize; from += 1) out[place++] = bytes[from] as number;
  out[place++] = 0x2e;
  let from = at + dateSize + (bytes[at + dateSize] === 0x2e ? 1 : 0);
  for (let digits = 0; digits < 9; digits += 1) {
    const digit = bytes[from] as number;
    const more = from < end && digit >= 0x30 && digit <= 0x39;
    out[place++] = more ? digit : 0x30;
    if (more) from += 1;
  }
  while (from < end) out[place++] = bytes[from++] as number;
  out[place++] = 0x20;
  return place;
}
