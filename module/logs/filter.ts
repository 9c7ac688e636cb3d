import type { Stage } from '../base/stage.ts';
import type { Line } from './lines.ts';
import { type Parsed, parseLine } from './parse.ts';
import { openMatcher, type Pattern } from './pattern.ts';

/** A line with what was read out of it. */
export type Entry = Line & Parsed;

/** Reads every line by the grammar of edgeAgent. Bytes that are not UTF-8 become U+FFFD, in the text only. */
export function parse(): Stage<readonly Line[], readonly Entry[]> {
  return async function* (source) {
    for await (const batch of source)
      yield batch.map(({ stream, raw }) => ({ stream, raw, ...parseLine(raw.toString()) }));
  };
}

/** Keeps the entries of exactly the asked level. */
export function onlyLevel(level: number): Stage<readonly Entry[], readonly Entry[]> {
  return async function* (source) {
    for await (const batch of source) yield batch.filter((entry) => entry.level === level);
  };
}

/** Keeps the entries this severe or worse. */
export function onlySevere(level: number): Stage<readonly Entry[], readonly Entry[]> {
  return async function* (source) {
    for await (const batch of source) yield batch.filter((entry) => entry.level <= level);
  };
}

/** Keeps the entries in whose text the pattern is found; rejects with a SupportError when the pattern is too slow. */
export function onlyMatching(pattern: Pattern, signal: AbortSignal): Stage<readonly Entry[], readonly Entry[]> {
  return async function* (source) {
    const matcher = openMatcher(pattern);
    try {
      for await (const batch of source) {
        if (batch.length === 0) {
          // Passed on, so that whoever reads sees that time goes by.
          yield batch;
          continue;
        }
        const found = await matcher.match(
          batch.map(({ text }) => text),
          signal,
        );
        yield batch.filter((_, index) => found[index] === 1);
      }
    } finally {
      await matcher.close();
    }
  };
}
