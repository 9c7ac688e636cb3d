import type { Reading, SkipReason } from '../facts/fact.ts';
import type { LatestVersionsReading, ListProblem } from '../facts/latest-versions.ts';
import type { CheckOptions, Outcome, Verdict } from './check.ts';

/** What is compared, and the words that the original has for it. */
export interface PackageWords {
  readonly component: 'aziot-edge' | 'aziot-identity-service';
  /** `Installed <…> has version`. */
  readonly installed: string;
  /** Where the reader finds how to update. */
  readonly update: string;
  /** The original's text for a list that could not be had. */
  problem(problem: ListProblem, url: string): string;
}

/** The installed version and where it was read, or why it is not known. */
export type Installed =
  | { readonly version: string; readonly from: string }
  | { readonly reason: SkipReason; readonly why: string };

/** Judges an installed version against the caller's, else against that of the same major.minor in Microsoft's list. */
export function judgePackage(
  words: PackageWords,
  installed: Installed,
  latest: Reading<LatestVersionsReading>,
  nested: boolean,
  { expectedVersions }: CheckOptions,
): Verdict {
  const given = expectedVersions[words.component];
  if (given === undefined && nested) {
    return { status: 'ignored', why: 'The device is nested, and no expectedVersions were given.' };
  }
  if ('why' in installed) {
    const info = { actual_version: null, expected_version: given ?? null };
    return { status: 'skipped', reason: installed.reason, why: installed.why, info };
  }
  const { version: actual, from } = installed;
  const infoOf = (expected: string | null) => ({ actual_version: actual, expected_version: expected, read_from: from });
  if (given !== undefined) return compare(words, actual, given, infoOf(given));
  if ('unavailable' in latest) return unlisted(latest.why, infoOf(null));
  const { url } = latest.value;
  if ('problem' in latest.value) {
    const { problem } = latest.value;
    return unlisted(`${words.problem(problem, url)}: ${problem.why}.`, infoOf(null), 'error');
  }
  const release = actual.split('.').slice(0, 2).join('.');
  const listed = latest.value.versions[words.component]?.find(
    (one) => one.split('.').slice(0, 2).join('.') === release,
  );
  if (listed !== undefined) return compare(words, actual, listed, infoOf(listed));
  return {
    status: 'failed',
    details: [`could not find ${words.component} version ${release}.x in list of supported products at ${url}`],
    fix: `Version ${release} is not serviced any more: update to one that is, see ${words.update}.`,
    info: infoOf(null),
  };
}

// Full equality, as in the original: a pre-release always warns.
function compare(words: PackageWords, actual: string, expected: string, info: Verdict['info'] & object): Verdict {
  if (actual === expected) return { status: 'ok', info };
  return {
    status: 'warning',
    details: [
      `Installed ${words.installed} has version ${actual} but ${expected} is the latest stable version available.\n` +
        `Please see ${words.update} for update instructions.`,
    ],
    fix: `Update ${words.component} to ${expected}, see ${words.update}.`,
    info,
  };
}

/** That a list in the internet cannot be read says nothing of the device: the original's error would be a false alarm. */
function unlisted(why: string, info: Verdict['info'] & object, iotedgeCheck?: Outcome): Verdict {
  return {
    status: 'skipped',
    reason: 'version-unknown',
    why: `${why} Name the versions in expectedVersions to do without the list.`,
    info,
    ...(iotedgeCheck ? { iotedgeCheck } : {}),
  };
}

/** A Debian version as the program itself says it: `1.5.0~rc1-1` is 1.5.0-rc1. */
export function plainVersion(debian: string): string {
  return debian
    .replace(/^\d+:/, '')
    .replace(/-[^-]*$/, '')
    .replace('~', '-');
}
