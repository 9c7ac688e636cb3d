/**
 * Looks for many short texts at once, in any case, at some gigabyte a second: most lines of a log hold none of them and are
 * not looked at again. The search is that of Wu and Manber ("A fast algorithm for multi-pattern searching", 1994): two bytes
 * tell how far to go on, at most three bytes at a time.
 */
export interface Needles {
  /**
   * Tells `found` where a needle begins and which it is, for every occurrence between `start` and `end`, line by
   * line in their order. Goes on behind what `found` gives back, if it gives a place.
   */
  scan(bytes: Uint8Array, start: number, end: number, found: (at: number, needle: number) => number | undefined): void;
}

/** Shorter texts cannot be needles. */
export const shortest = 4;

/** `texts` are Latin-1, a character a byte; ASCII letters count in any case. Throws an Error for one under 4 characters. */
export function createNeedles(texts: readonly string[]): Needles {
  const needles = texts.map((text) => {
    if (text.length < shortest) throw new Error(`"${text}" is too short for a needle.`);
    return Uint8Array.from(text, (letter) => lower(letter.charCodeAt(0)));
  });
  /** By which four bytes of it each is looked for. */
  const windows = needles.map(rarest);
  const shift = new Uint8Array(1 << 16).fill(shortest - 1);
  /** By a hash of those four bytes: whether needles may be there, and which. With many needles no shift is left. */
  const maybe = new Uint8Array(1 << 16);
  const here = new Map<number, number[]>();
  for (const [number, needle] of needles.entries()) {
    const window = windows[number] as number;
    for (let at = 1; at < shortest; at += 1) {
      for (const block of cases(needle[window + at - 1] as number, needle[window + at] as number)) {
        shift[block] = Math.min(shift[block] as number, shortest - 1 - at);
      }
    }
    const hash = hashAt(needle, window);
    maybe[hash] = 1;
    here.set(hash, [...(here.get(hash) ?? []), number]);
  }

  const isAt = (bytes: Uint8Array, at: number, end: number, needle: Uint8Array): boolean => {
    if (at + needle.length > end) return false;
    for (let own = 0; own < needle.length; own += 1) {
      if (lower(bytes[at + own] as number) !== needle[own]) return false;
    }
    return true;
  };

  return {
    scan(bytes, start, end, found) {
      if (needles.length === 0) return;
      let last = start + shortest - 1;
      while (last < end) {
        const block = ((bytes[last - 1] as number) << 8) | (bytes[last] as number);
        const step = shift[block] as number;
        if (step > 0) {
          last += step;
          continue;
        }
        const hash = hashAt(bytes, last - shortest + 1);
        if (maybe[hash] === 0) {
          last += 1;
          continue;
        }
        let next = last + 1;
        for (const number of here.get(hash) as number[]) {
          const at = last - shortest + 1 - (windows[number] as number);
          if (at < start || !isAt(bytes, at, end, needles[number] as Uint8Array)) continue;
          const on = found(at, number);
          if (on !== undefined) next = Math.max(next, on + shortest - 1);
        }
        last = next;
      }
    },
  };
}

/** Letters of logs, the most frequent first; others are rare. */
const frequent = ' etaonirsdlc0123456789humpgfbw:.-_vy';

/** Where in a needle the four bytes begin that are seldom seen together. */
function rarest(needle: Uint8Array): number {
  const weights = Array.from(needle, (byte) => {
    const place = frequent.indexOf(String.fromCharCode(byte));
    return place < 0 ? 1 : 2 + frequent.length - place;
  });
  const scores = Array.from({ length: needle.length - shortest + 1 }, (_, at) => {
    const pair = (first: number) => (weights[at + first] as number) * (weights[at + first + 1] as number);
    // The last two bytes lead to a look at the needle, the others to a shorter step.
    return pair(2) * 4 + pair(1) * 2 + pair(0);
  });
  return scores.indexOf(Math.min(...scores));
}

/** Of four bytes, 16 bits; the same for a letter in either case. */
const hashAt = (bytes: Uint8Array, at: number): number =>
  Math.imul(
    ((bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)) &
      ~0x20202020,
    0x9e3779b1,
  ) >>> 16;

const lower = (byte: number) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte);

/** The two bytes in every case. */
function cases(first: number, second: number): Set<number> {
  const both = (byte: number) => (byte >= 0x61 && byte <= 0x7a ? [byte, byte - 0x20] : [byte]);
  return new Set(both(first).flatMap((one) => both(second).map((two) => (one << 8) | two)));
}
