import { createContext, Script } from 'node:vm';
import { messageOf, SupportError } from '../base/errors.ts';
import { translateDotnet } from './dotnet.ts';
import { createMatcher, type Matcher } from './matcher.ts';

/** A pattern that came with a request: checked, but never run where it could hold up the module. */
export interface Pattern {
  /** As it was written. */
  readonly text: string;
  readonly source: string;
  readonly flags: string;
  /** Name of the request's field, for messages. */
  readonly field: string;
}

/** How long a pattern may think about all the names there are, ms. Usual patterns take microseconds. */
const namesLimit = 200;

/** Longer patterns are refused; the longest that an operator would write has a few hundred characters. */
const longest = 2000;

/** Reads a .NET pattern. Throws a SupportError `bad-request` that names the field and what is wrong. */
export function compilePattern(text: string, field: string, flags = ''): Pattern {
  const refuse = (why: string, cause?: unknown) =>
    new SupportError('bad-request', `${field}: "${text.slice(0, 80)}" is not a usable pattern: ${why}.`, { cause });
  if (text.length > longest) throw refuse(`it has ${text.length} characters, more than ${longest}`);
  try {
    const translated = translateDotnet(text, flags);
    new RegExp(translated.source, translated.flags);
    return { text, field, ...translated };
  } catch (error) {
    throw refuse(messageOf(error).replace(/^Invalid regular expression: .*: /, ''), error);
  }
}

/**
 * The names in which the pattern is found; `what` they are called in messages. Throws a SupportError when the pattern is so slow on a name that it would
 * hold up the module for more than 200 ms.
 */
export function matchNames(pattern: Pattern, names: readonly string[], what = 'the module names'): readonly string[] {
  let found: readonly string[] = [];
  const work = () => {
    const regex = new RegExp(pattern.source, pattern.flags);
    found = names.filter((name) => regex.test(name));
  };
  try {
    new Script('work()').runInContext(createContext({ work }), { timeout: namesLimit });
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    throw tooSlow(pattern, `${namesLimit} ms on ${what}`);
  }
  return found;
}

/** A matcher for lines, on a thread of its own; close it. A pattern that is too slow rejects with a SupportError. */
export function openMatcher(pattern: Pattern): Matcher {
  return createMatcher(pattern, (ms, lines) => tooSlow(pattern, `${ms / 1000} s on ${lines} lines`));
}

function tooSlow({ field, text }: Pattern, how: string): SupportError {
  return new SupportError(
    'bad-request',
    `${field}: "${text.slice(0, 80)}" took more than ${how}. Nested repetitions such as (a+)+ cause this; simplify it.`,
  );
}
