import { sections } from '../checks/check.ts';
import type { CheckResult, CheckRun } from '../checks/run.ts';
import type { SkipReason } from '../facts/fact.ts';
import { pageOf } from './page.ts';
import { summarize } from './result.ts';

/**
 * A run as `iotedge check --verbose` prints it, without colours: a title per section, one line per check, the reasons
 * below it. Ignored checks are not shown. What to do is added, since a remote reader cannot look for himself.
 */
export function toCheckText(run: CheckRun): string {
  const lines = sections.flatMap((section) => {
    const own = run.results.filter((result) => result.section === section);
    return own.length === 0 ? [] : [section, '-'.repeat(section.length), ...own.flatMap(checkLines), ''];
  });
  return `${[...lines, ...summaryLines(run)].join('\n')}\n`;
}

function checkLines({ id, title, outcome, details, advice, reason, why }: CheckResult): readonly string[] {
  switch (outcome) {
    case 'ok':
      return [`√ ${title} - OK`];
    case 'warning':
      return [`‼ ${title} - Warning`, ...reasons(id, details, advice)];
    case 'error':
      return [`× ${title} - Error`, ...reasons(id, details, advice)];
    case 'skipped': {
      return [
        skippedMark(reason, title),
        ...indent(`skipping because of ${reason === 'not-required' ? why : `${reason}: ${why}`}`, 4),
      ];
    }
    case 'ignored':
      return [];
  }
}

/** The original calls what is not required OK, and what could not be told a warning; what is never looked at is neither. */
function skippedMark(reason: SkipReason | undefined, title: string): string {
  if (reason === 'not-required') return `√ ${title} - OK`;
  return reason === 'not-supported' ? `‼ ${title} - Skipped` : `‼ ${title} - Warning`;
}

function reasons(
  id: string,
  [first = '', ...causes]: readonly string[],
  advice: string | undefined,
): readonly string[] {
  return [
    ...indent(first, 4),
    ...causes.flatMap((cause) => indent(`caused by: ${cause}`, 8)),
    ...(advice === undefined ? [] : indent(`how to fix: ${advice}`, 8)),
    ...indent(`see: ${pageOf(id)}`, 8),
  ];
}

function indent(text: string, blanks: number): readonly string[] {
  return text.split('\n').map((line) => (line === '' ? '' : `${' '.repeat(blanks)}${line}`));
}

function summaryLines(run: CheckRun): readonly string[] {
  const { succeeded, warnings, errors, skipped } = summarize(run);
  return [
    `${succeeded} check(s) succeeded.`,
    ...(warnings > 0 ? [`${warnings} check(s) raised warnings.`] : []),
    ...(errors > 0 ? [`${errors} check(s) raised errors.`] : []),
    // The original says "due to errors from other checks" even of those that are not required.
    ...(skipped > 0 ? [`${skipped} check(s) were skipped.`] : []),
  ];
}
