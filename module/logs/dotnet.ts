/** A .NET regular expression in the words of JavaScript. */
export interface Translated {
  readonly source: string;
  readonly flags: string;
}

/** The letters after a backslash that mean the same in both dialects. */
const shared = new Set([...'bBdDfnrsStvwWxukc']);

/**
 * Translates a .NET pattern: a leading group of flags (`(?i)`, `(?im-s)`), `\A`, `\z`, `\Z`, `\a`, `\e`, `.` (which
 * means all but `\n` there), and `]` as first of a class. Throws an Error that says what is not supported, for
 * everything that JavaScript would refuse or silently read in another way.
 */
export function translateDotnet(pattern: string, flags = ''): Translated {
  const [group = '', on = '', off = ''] = /^\(\?([a-zA-Z]*)(?:-([a-zA-Z]+))?\)/.exec(pattern) ?? [];
  const wrong = [...on, ...off].find((flag) => !'ims'.includes(flag));
  if (wrong !== undefined)
    throw new Error(`the flag "${wrong}" in ${group} is not supported; supported are i, m and s`);
  const all = new Set([...flags, ...on].filter((flag) => !off.includes(flag)));
  const source = body(pattern.slice(group.length), { multiline: all.has('m'), dotAll: all.has('s') });
  return { source, flags: [...all].sort().join('') };
}

interface Mode {
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

function body(pattern: string, mode: Mode): string {
  let result = '';
  let at = 0;
  while (at < pattern.length) {
    const [taken, written] = token(pattern, at, mode);
    result += written;
    at += taken;
  }
  return result;
}

type Token = readonly [taken: number, written: string];

function token(pattern: string, at: number, mode: Mode): Token {
  const char = pattern[at] as string;
  if (char === '\\') return [2, escape(pattern[at + 1], mode)];
  if (char === '[') return charClass(pattern, at);
  if (char === '.') return [1, mode.dotAll ? '[^]' : '[^\\n]'];
  if (pattern.startsWith('(?', at)) refuseGroup(pattern.slice(at));
  return [1, char];
}

function escape(letter: string | undefined, { multiline }: Mode): string {
  if (letter === undefined) throw new Error('it ends in a backslash');
  if (letter === 'A') return multiline ? '(?<![^])' : '^';
  if (letter === 'z') return multiline ? '(?![^])' : '$';
  if (letter === 'Z') return '(?=\\n?(?![^]))';
  return escapeInClass(letter);
}

function escapeInClass(letter: string): string {
  if (letter === 'a') return '\\x07';
  if (letter === 'e') return '\\x1b';
  if (/[a-zA-Z_]/.test(letter) && !shared.has(letter)) throw new Error(`"\\${letter}" is not supported`);
  return `\\${letter}`;
}

function charClass(pattern: string, start: number): Token {
  const opening = pattern[start + 1] === '^' ? '[^' : '[';
  let at = start + opening.length;
  let result = opening;
  // In .NET a "]" right after the opening is a member; JavaScript would take it for the end of an empty class.
  for (let first = true; first || pattern[at] !== ']'; first = false) {
    const char = pattern[at];
    if (char === undefined) throw new Error('a "[" is not closed');
    if (char === '-' && pattern[at + 1] === '[')
      throw new Error('taking one class from another, "-[", is not supported');
    if (char !== '\\') {
      result += first && char === ']' ? '\\]' : char;
      at += 1;
      continue;
    }
    result += escapeInClass(pattern[at + 1] ?? '');
    at += 2;
  }
  return [at + 1 - start, `${result}]`];
}

/** Groups that JavaScript refuses anyway, with a better reason than its own. */
function refuseGroup(rest: string): void {
  if (/^\(\?[a-zA-Z-]*\)/.test(rest)) throw new Error('flags such as (?i) are supported at the start only');
  if (rest.startsWith('(?>')) throw new Error('atomic groups, "(?>", are not supported');
  if (rest.startsWith('(?(')) throw new Error('conditions, "(?(", are not supported');
  if (rest.startsWith('(?#')) throw new Error('comments, "(?#", are not supported');
  if (rest.startsWith("(?'")) throw new Error('write a named group as (?<name>…)');
  if (/^\(\?<[^=!>]*-/.test(rest)) throw new Error('balancing groups, "(?<a-b>", are not supported');
}
