import { RE2JS } from 're2js';
import type { CustomRule } from './search.ts';

/** Rules that were read, and a sentence for each that was refused, by its place in the list. */
export interface CustomRules {
  readonly rules: readonly CustomRule[];
  readonly refused: Readonly<Record<number, string>>;
}

/** Of more the owner would not know himself what they do. */
const most = 50;

/**
 * Reads the owner's rules, `NAME=PATTERN` each, in RE2's language, which takes linear time whatever the text. A pattern
 * with a group takes out what is in its first group, one without all that matches. Texts are UTF-8 byte by byte: of letters
 * beyond ASCII only literal ones are found.
 */
export function readCustomRules(texts: readonly string[]): CustomRules {
  const rules: CustomRule[] = [];
  const refused: Record<number, string> = {};
  for (const [at, text] of texts.entries()) {
    try {
      if (at >= most) throw new Error(`there are more than ${most} rules`);
      rules.push(readRule(text));
    } catch (error) {
      refused[at] = `is not a usable rule: ${(error as Error).message}.`;
    }
  }
  return { rules, refused };
}

function readRule(text: string): CustomRule {
  const cut = text.indexOf('=');
  const [name, source] = [text.slice(0, cut), text.slice(cut + 1)];
  const pattern = RE2JS.compile(Buffer.from(source).toString('latin1'));
  if (pattern.matcher('').find()) throw new Error('it matches the empty text');
  const group = pattern.groupCount() > 0 ? 1 : 0;
  return {
    name,
    find(bytes) {
      const found: { readonly start: number; readonly end: number }[] = [];
      const matcher = pattern.matcher(bytes);
      while (matcher.find()) {
        const [start, end] = [matcher.start(group), matcher.end(group)];
        if (start >= 0 && end > start) found.push({ start, end });
      }
      return found;
    },
  };
}
