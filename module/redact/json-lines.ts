import type { Found } from './find.ts';

/** What a line of JSON is cleaned with. */
export interface LineCleaner {
  /** A text without its secrets, which are counted. */
  readonly text: (text: string) => string;
  /** What is found in a text, without counting it. */
  readonly find: (text: string) => readonly Found[];
  /** The token of a secret that a rule found, which is counted. */
  readonly token: (secret: string, rule: string) => string;
}

/** A line of indented JSON: blanks, a name, a value or what opens or closes one, a comma. */
const shape = /^(\s*)(?:("(?:[^"\\]|\\.)*"): )?(.*?)(,?)$/s;

/**
 * A line of indented JSON without its secrets. In the bare text a quote that a value opens would go on to the quote that ends
 * the JSON string, and a number would become a token without quotes: what comes out would be no JSON any more.
 * `across` is the rule by which a secret goes over this line and others: then its value goes as a whole.
 */
export function cleanJsonLine(line: string, across: string | undefined, { text, find, token }: LineCleaner): string {
  const [, blanks = '', name, scalar = '', comma = ''] = shape.exec(line) ?? [];
  const value = scalarOf(scalar);
  const head = name === undefined ? '' : `${JSON.stringify(text(JSON.parse(name) as string))}: `;
  const result = (clean: string) => `${blanks}${head}${clean}${comma}`;
  if (value === undefined) return result(scalar);
  const cleaned = typeof value === 'string' ? text(value) : text(scalar);
  // What the name or the quotes say of the value; quotes within it must not end it.
  const before = name === undefined ? '' : `${name}: `;
  const shown = typeof value === 'string' ? `"${cleaned.replace(/["'\\\r\n]/g, ' ')}"` : scalar;
  const named = find(before + shown).find(({ start }) => start >= before.length);
  if (named) return result(JSON.stringify(token(String(value), named.rule)));
  if (across !== undefined) return result(JSON.stringify(token(String(value), across)));
  return result(cleaned === (typeof value === 'string' ? value : scalar) ? scalar : JSON.stringify(cleaned));
}

/** A string, number, boolean or null; undefined for what is none, or not whole. */
function scalarOf(text: string): string | number | boolean | null | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? undefined : (value as string | number | boolean | null);
  } catch {
    return undefined;
  }
}
