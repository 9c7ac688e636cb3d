import type { Rule } from './rules.ts';

/** A secret in a text. */
export interface Found {
  readonly start: number;
  readonly end: number;
  /** From where on the text belongs together: it must not be cut between here and `end`. */
  readonly from: number;
  readonly rule: string;
  /** What its token is made of, when that is not the text itself: of an encoded secret the secret. */
  readonly secret?: string;
}

/** A token as text, and as Latin-1 of its UTF-8. What was redacted once keeps its token when it is redacted again. */
const tokenShape = /^(?:‹|\xe2\x80\xb9)secret(?::[0-9a-f]{12})?(?:›|\xe2\x80\xba)$/;
/** The beginning of one, of which what follows is no value. */
const tokenBegins = /(?:‹|\xe2\x80\xb9)secret:$/;

/** Whether a text is what stands for a secret. */
export const isToken = (text: string) => tokenShape.test(text);

/** What a rule finds in a text. */
export function findBy(rule: Rule, text: string): Found[] {
  const found: Found[] = [];
  const { pattern } = rule;
  // matchAll would make a pattern of its own for each of millions of lines.
  pattern.lastIndex = 0;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    if (match[0] === '') pattern.lastIndex += 1;
    const { before = '', secret = '' } = match.groups ?? {};
    const start = match.index + before.length;
    const hidden = tokenShape.test(secret) || tokenBegins.test(text.slice(Math.max(0, start - 12), start));
    if (secret === '' || hidden || rule.accept?.({ before, secret }) === false) continue;
    found.push({ start, end: start + secret.length, from: match.index, rule: rule.name });
  }
  return found;
}

/** Those that count, in order: of two that overlap the longer one, made to cover both. */
export function merged(all: readonly Found[]): readonly Found[] {
  const sorted = [...all].sort((a, b) => a.start - b.start || b.end - a.end);
  const result: Found[] = [];
  for (const one of sorted) {
    const last = result.at(-1);
    if (last === undefined || one.start >= last.end) result.push(one);
    else if (one.end > last.end) {
      const { secret: _, ...longer } = one.end - one.start > last.end - last.start ? one : last;
      result[result.length - 1] = { ...longer, start: last.start, end: one.end, from: Math.min(last.from, one.from) };
    }
  }
  return result;
}
