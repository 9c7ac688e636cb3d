import { createHmac } from 'node:crypto';
import type { Stage } from '../base/stage.ts';
import type { Found } from './find.ts';
import { cleanJsonLine, type LineCleaner } from './json-lines.ts';
import { type CustomRule, createSearch, type Scope, type Search } from './search.ts';

export type { Scope } from './search.ts';

declare const clean: unique symbol;

/** A stream that went through redact(). The archive and the sinks take nothing else. */
export type Clean<T> = AsyncIterable<T> & { readonly [clean]: true };

/** How many secrets were taken out, by rule. */
export type Account = Map<string, number>;

export interface RedactorOptions {
  /** Keys the tokens: the same secret gives the same token under the same key. */
  readonly key: Uint8Array;
  /** Secrets the module itself holds; searched for literally, also encoded. Those shorter than 8 characters are left out. */
  readonly known: () => readonly string[];
  /** The owner's own rules. */
  readonly custom?: () => readonly CustomRule[];
  /** Told of each secret that is taken out, by its rule, whatever account is kept beside. */
  readonly counted?: (rule: string) => void;
}

export interface Redactor {
  /** The text with every secret replaced by its token. `scope` `known` looks for the module's own secrets only. */
  text(text: string, scope?: Scope, account?: Account): string;
  /** A JSON value with every string in it redacted, names of fields too; times stay. */
  json(value: unknown, scope?: Scope): unknown;
  /** A text that `make` makes of the value without its secrets: one with markup would not stay whole if it were looked at itself. */
  made<T>(value: T, make: (clean: T) => string, scope?: Scope): Clean<Uint8Array>;
  /** A stage over bytes; secrets that straddle chunks are found, since it works on whole lines. */
  stream(source: AsyncIterable<Uint8Array>, scope?: Scope, account?: Account): Clean<Uint8Array>;
  /** A value as indented JSON, which stays JSON whatever is taken out of its names, strings and numbers. */
  jsonText(value: unknown, scope?: Scope, account?: Account): Clean<Uint8Array>;
  /** The token that stands for this secret. */
  token(secret: string): string;
  /** The same redactor that knows these secrets too, for one piece of work: they are forgotten with it. */
  with(secrets: readonly string[]): Redactor;
}

/** An encoder applied to what is clean gives what is clean (zip, gzip, JSON). */
export function through<A, B>(source: Clean<A>, encode: Stage<A, B>): Clean<B> {
  return encode(source) as Clean<B>;
}

/** A clean stream that is opened when it is first read. */
export function deferred<T>(open: () => Promise<Clean<T>>): Clean<T> {
  return (async function* () {
    yield* await open();
  })() as unknown as Clean<T>;
}

/** A sequence of parts whose bodies are each clean is clean as a whole. */
export function cleanParts<P extends { readonly body: Clean<Uint8Array> }>(parts: AsyncIterable<P>): Clean<P> {
  return parts as Clean<P>;
}

/** The scope in which more is taken out. */
export function stricter(a: Scope, b: Scope): Scope {
  return scopes[Math.max(scopes.indexOf(a), scopes.indexOf(b))] ?? 'strict';
}

/** From the weakest on. */
export const scopes = ['known', 'all', 'strict'] as const satisfies readonly Scope[];

/** A line longer than this is redacted in pieces of this size; so much of its end waits for the next, in case a secret goes on. */
const longestLine = 1 << 20;
const overlap = 64 << 10;

/** Of JSON so much is looked at at a time. */
const blockSize = 64 << 10;

/** How much of a key in PEM is waited for. */
const longestKey = 64 << 10;

/** The only maker of Clean streams. */
export function createRedactor({ key, known, custom = () => [], counted }: RedactorOptions): Redactor {
  const token = (secret: string) => `‹secret:${createHmac('sha256', key).update(secret).digest('hex').slice(0, 12)}›`;
  const searchFor = keepSearches(known, custom);
  /** In bytes a token is Latin-1 of its UTF-8, and so is the secret. */
  const mark = ({ secret }: Found, text: string) =>
    Buffer.from(token(secret ?? Buffer.from(text, 'latin1').toString('utf8'))).toString('latin1');

  const replaced = (found: readonly Found[], text: string, account: Account | undefined): string => {
    let result = '';
    let at = 0;
    for (const one of found) {
      account?.set(one.rule, (account.get(one.rule) ?? 0) + 1);
      counted?.(one.rule);
      result += text.slice(at, one.start) + mark(one, text.slice(one.start, one.end));
      at = one.end;
    }
    return result + text.slice(at);
  };

  const findIn = (input: string, { inBytes, inText }: Search): readonly Found[] => {
    const whole = Buffer.from(input);
    return input.includes('\n') ? inText(whole.toString('latin1')) : inBytes(whole);
  };

  const text: Redactor['text'] = (input, scope = 'all', account) => {
    const found = findIn(input, searchFor(scope));
    return found.length === 0 ? input : bytes(Buffer.from(input), found, account).toString();
  };

  const bytes = (chunk: Buffer, found: readonly Found[], account: Account | undefined): Buffer =>
    found.length === 0 ? chunk : Buffer.from(replaced(found, chunk.toString('latin1'), account), 'latin1');

  async function* stream(source: AsyncIterable<Uint8Array>, scope: Scope, account: Account | undefined) {
    const search = searchFor(scope);
    let rest: Buffer = Buffer.alloc(0);
    for await (const part of source) {
      const own = Buffer.from(part.buffer, part.byteOffset, part.length);
      const chunk = rest.length === 0 ? own : Buffer.concat([rest, own]);
      const lines = wholeLines(chunk);
      if (lines > 0) {
        const whole = chunk.subarray(0, lines);
        yield bytes(whole, search.inBytes(whole), account);
        rest = chunk.subarray(lines);
      } else if (chunk.length >= longestLine) {
        const found = search.inBytes(chunk);
        const cut = safeCut(found, chunk.length - overlap);
        const piece = chunk.subarray(0, cut);
        yield bytes(
          piece,
          found.filter(({ end }) => end <= cut),
          account,
        );
        rest = chunk.subarray(cut);
      } else rest = chunk;
    }
    if (rest.length > 0) yield bytes(rest, search.inBytes(rest), account);
  }

  async function* jsonText(value: unknown, scope: Scope, account: Account | undefined) {
    const search = searchFor(scope);
    const cleaner: LineCleaner = {
      text: (own) => text(own, scope, account),
      find: (own) => findIn(own, search),
      token: (secret, rule) => {
        account?.set(rule, (account.get(rule) ?? 0) + 1);
        counted?.(rule);
        return token(secret);
      },
    };
    const whole = Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
    const size = whole.includes('PRIVATE KEY') ? whole.length : blockSize;
    for (let at = 0; at < whole.length; ) {
      const end = whole.indexOf(0x0a, at + size) + 1 || whole.length;
      const block = whole.subarray(at, end);
      yield cleanJson(block, search, cleaner);
      at = end;
    }
  }

  const json: Redactor['json'] = (value, scope = 'all') => {
    if (typeof value === 'string') return text(value, scope);
    if (Array.isArray(value)) return value.map((item) => json(item, scope));
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    return Object.fromEntries(Object.entries(value).map(([name, own]) => [text(name, scope), json(own, scope)]));
  };

  async function* made<T>(value: T, make: (clean: T) => string, scope: Scope) {
    const whole = Buffer.from(make(json(value, scope) as T));
    for (let at = 0; at < whole.length; at += blockSize) yield whole.subarray(at, at + blockSize);
  }

  return {
    text,
    json,
    made: (value, make, scope = 'all') => made(value, make, scope) as unknown as Clean<Uint8Array>,
    jsonText: (value, scope = 'all', account) => jsonText(value, scope, account) as unknown as Clean<Uint8Array>,
    token,
    stream: (source, scope = 'all', account) =>
      (scope === 'known' && known().length === 0 && custom().length === 0
        ? source
        : stream(source, scope, account)) as Clean<Uint8Array>,
    with: (secrets) => {
      const more = joined(known, secrets);
      return createRedactor({ key, known: more, custom, ...(counted ? { counted } : {}) });
    },
  };
}

/** Whole lines of JSON, those in which something is found cleaned. */
function cleanJson(block: Buffer, search: Search, cleaner: LineCleaner): Buffer {
  const begins = search.candidates(block);
  if (begins.size === 0) return block;
  // Only a key in PEM goes over several lines: a list that has its lines.
  const keys = block.includes('PRIVATE KEY') ? search.inBytes(block) : [];
  const parts: Buffer[] = [];
  for (let at = 0; at < block.length; ) {
    const end = block.indexOf(0x0a, at) + 1 || block.length;
    const line = block.subarray(at, end);
    const across = keys.find((one) => one.start < end && one.end > at && (one.start < at || one.end > end));
    const looked = across !== undefined || begins.has(at);
    parts.push(looked ? Buffer.from(`${cleanJsonLine(line.toString().trimEnd(), across?.rule, cleaner)}\n`) : line);
    at = end;
  }
  return Buffer.concat(parts);
}

/** The searches by scope, made anew when the secrets or the rules have changed. */
function keepSearches(known: () => readonly string[], custom: () => readonly CustomRule[]): (scope: Scope) => Search {
  const made = new Map<Scope, { secrets: readonly string[]; rules: readonly CustomRule[]; search: Search }>();
  return (scope) => {
    const [secrets, rules] = [known(), custom()];
    const last = made.get(scope);
    if (last && isSame(last.secrets, secrets) && isSame(last.rules, rules)) return last.search;
    const search = createSearch(scope, secrets, rules);
    made.set(scope, { secrets, rules, search });
    return search;
  };
}

/** One that is empty is like any other. */
const isSame = (one: readonly unknown[], other: readonly unknown[]) =>
  one === other || (one.length === 0 && other.length === 0);

/** Both lists in one, the same one as long as the first does not change. */
function joined(known: () => readonly string[], more: readonly string[]): () => readonly string[] {
  let before: readonly string[] | undefined;
  let both: readonly string[] = [];
  return () => {
    const now = known();
    if (before === undefined || !isSame(now, before)) {
      before = now;
      both = [...new Set([...now, ...more])];
    }
    return both;
  };
}

/** Up to where a chunk has whole lines; a key in PEM that goes on is left to the next. */
function wholeLines(chunk: Buffer): number {
  const end = chunk.lastIndexOf(0x0a) + 1;
  if (end === 0 || !chunk.includes('PRIVATE KEY')) return end;
  const begin = chunk.lastIndexOf('-----BEGIN ');
  if (begin < 0 || chunk.length - begin > longestKey) return end;
  if (
    chunk.subarray(begin, Math.max(begin, end)).includes('-----END ') ||
    !chunk.subarray(begin, begin + 60).includes('PRIVATE KEY')
  )
    return end;
  return Math.min(end, chunk.lastIndexOf(0x0a, begin) + 1);
}

/** A place near `at` where nothing that was found is cut; the whole when what was found goes all the way. */
function safeCut(found: readonly Found[], at: number): number {
  let cut = at;
  // What belongs to one may begin within the one before.
  for (const { from, end } of found.toReversed()) if (from < cut && end > cut) cut = from;
  if (cut > 0) return cut;
  cut = at;
  for (const { from, end } of found) if (from < cut && end > cut) cut = end;
  return cut;
}
