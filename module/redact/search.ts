import { formsOf } from './encodings.ts';
import { type Found, findBy, merged } from './find.ts';
import { createNeedles, shortest } from './needles.ts';
import { type Rule, rules } from './rules.ts';

/** `all`: every rule and the known secrets. `strict`: personal data too. `known`: the known secrets only. */
export type Scope = 'known' | 'all' | 'strict';

/** Finds secrets in bytes, Latin-1: one character a byte. */
export interface Search {
  /** In bytes of whole lines; in order, none overlapping another. */
  inBytes(bytes: Buffer): readonly Found[];
  /** In a text that is short, or holds a secret over several lines. */
  inText(text: string): readonly Found[];
  /** Where the lines begin in which something could be found; in no order. */
  candidates(bytes: Buffer): ReadonlySet<number>;
}

/** A rule that the device's owner added. */
export interface CustomRule {
  readonly name: string;
  /** Where it matches, `start` and `end`; in linear time, whatever the text. */
  readonly find: (text: string) => readonly { readonly start: number; readonly end: number }[];
}

/** Known secrets under 8 characters would be found everywhere. */
const shortestSecret = 8;

/** Makes the search for a scope, these secrets and these rules of the owner. */
export function createSearch(scope: Scope, secrets: readonly string[], custom: readonly CustomRule[]): Search {
  const own = scope === 'known' ? [] : rules.filter(({ strict }) => scope === 'strict' || !strict);
  const forms = new Map<string, string>();
  for (const secret of secrets) {
    if (secret.length >= shortestSecret)
      for (const form of formsOf(secret)) if (!forms.has(form)) forms.set(form, secret);
  }
  const literals = [...forms];
  // Needles: first those of rules, then the forms of secrets.
  const hinted = own.flatMap((rule) =>
    rule.hints.filter((hint) => hint.length >= shortest).map((hint) => [hint, rule] as const),
  );
  const hints = [...new Set(hinted.map(([hint]) => hint))];
  const rulesOf = hints.map((hint) => hinted.filter(([one]) => one === hint).map(([, rule]) => rule));
  const needles = createNeedles([...hints, ...literals.map(([form]) => form)]);
  const byLetter = own.flatMap((rule) => {
    const [first = ''] = rule.hints;
    // A byte is found faster than a text of one.
    return first.length === 1 ? [{ rule, letter: first.charCodeAt(0) }] : [];
  });
  const always = own.filter(({ hints: none }) => none.length === 0);
  const everyLine = always.length > 0 || custom.length > 0;

  const inLine = (text: string, at: number, candidates: Iterable<Rule>): Found[] => {
    const found: Found[] = [];
    for (const rule of candidates) for (const one of findBy(rule, text)) found.push(moved(one, at));
    return found;
  };
  const customIn = (text: string, at: number): Found[] =>
    custom.flatMap(({ name, find }) =>
      find(text).map(({ start, end }) => ({ start: start + at, end: end + at, from: start + at, rule: name })),
    );

  const inText = (text: string): readonly Found[] => {
    const lower = text.toLowerCase();
    const candidates = own.filter(
      (rule) => rule.hints.length === 0 || rule.hints.some((hint) => lower.includes(hint.toLowerCase())),
    );
    const known = literals.flatMap(([form, secret]) => occurrences(text, form, secret));
    return merged([...known, ...inLine(text, 0, candidates), ...customIn(text, 0)]);
  };

  const inBytes = (bytes: Buffer): readonly Found[] => {
    // A key in PEM goes over many lines.
    if (own.length > 0 && bytes.includes('PRIVATE KEY')) return inText(bytes.toString('latin1'));
    const found: Found[] = [];
    const lineOf = (at: number) => ({
      start: bytes.lastIndexOf(0x0a, at) + 1,
      end: endOr(bytes.indexOf(0x0a, at), bytes.length),
    });
    let line = { start: 0, end: -1 };
    const candidates = new Set<Rule>();
    const settle = () => {
      if (candidates.size > 0)
        found.push(...inLine(bytes.toString('latin1', line.start, line.end), line.start, candidates));
      candidates.clear();
    };
    needles.scan(bytes, 0, bytes.length, (at, number) => {
      const literal = literals[number - hints.length];
      if (literal) {
        const [form, secret] = literal;
        // Needles count in any case, secrets do not.
        if (bytes.toString('latin1', at, at + form.length) !== form) return undefined;
        found.push({ start: at, end: at + form.length, from: at, rule: 'known-secret', secret });
        return at + form.length;
      }
      if (at >= line.end) {
        settle();
        line = lineOf(at);
      }
      const end = at + (hints[number] as string).length;
      for (const rule of rulesOf[number] ?? []) if (rule.near?.(bytes, at, end) !== false) candidates.add(rule);
      return undefined;
    });
    settle();
    for (const { rule, letter } of byLetter) {
      for (let at = bytes.indexOf(letter); at >= 0; ) {
        const { start, end } = lineOf(at);
        const text = bytes.toString('latin1', start, end);
        if (rule.and?.some((one) => text.includes(one)) !== false) found.push(...inLine(text, start, [rule]));
        at = bytes.indexOf(letter, end);
      }
    }
    if (everyLine) {
      const text = bytes.toString('latin1');
      found.push(...inLine(text, 0, always), ...customIn(text, 0));
    }
    return found.length === 0 ? found : merged(found);
  };

  const candidates = (bytes: Buffer): ReadonlySet<number> => {
    const begins = new Set<number>();
    const add = (at: number): number => {
      begins.add(bytes.lastIndexOf(0x0a, at) + 1);
      return endOr(bytes.indexOf(0x0a, at), bytes.length);
    };
    if (everyLine) for (let at = 0; at < bytes.length; at = add(at) + 1);
    else {
      needles.scan(bytes, 0, bytes.length, add);
      for (const { letter } of byLetter)
        for (let at = bytes.indexOf(letter); at >= 0; at = bytes.indexOf(letter, add(at)));
    }
    return begins;
  };

  return { inBytes, inText, candidates };
}

const endOr = (at: number, end: number) => (at < 0 ? end : at);

const moved = ({ start, end, from, ...rest }: Found, by: number): Found => ({
  ...rest,
  start: start + by,
  end: end + by,
  from: from + by,
});

function occurrences(text: string, form: string, secret: string): Found[] {
  const found: Found[] = [];
  for (let at = text.indexOf(form); at >= 0; at = text.indexOf(form, at + form.length)) {
    found.push({ start: at, end: at + form.length, from: at, rule: 'known-secret', secret });
  }
  return found;
}
