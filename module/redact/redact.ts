import { createHmac } from 'node:crypto';
import type { Stage } from '../base/stage.ts';
import { type Rule, rules } from './rules.ts';

declare const clean: unique symbol;

/** A stream that went through redact(). The archive and the sinks take nothing else. */
export type Clean<T> = AsyncIterable<T> & { readonly [clean]: true };

/** How many secrets were taken out, by rule. */
export type Account = Map<string, number>;

export interface RedactorOptions {
  /** Keys the tokens: the same secret gives the same token under the same key. */
  readonly key: Uint8Array;
  /** Secrets the module itself holds; searched for literally. Those shorter than 8 characters are left out. */
  readonly known: () => readonly string[];
}

export interface Redactor {
  /** The text with every secret replaced by its token. `scope` `known` looks for the module's own secrets only. */
  text(text: string, scope?: Scope, account?: Account): string;
  /** A JSON value with every string in it redacted. */
  json(value: unknown, scope?: Scope): unknown;
  /** A stage over bytes; secrets that straddle chunks are found, since it works on whole lines. */
  stream(source: AsyncIterable<Uint8Array>, scope?: Scope, account?: Account): Clean<Uint8Array>;
  /** The token that stands for this secret. */
  token(secret: string): string;
}

/** `all`: every rule and the known secrets. `known`: the known secrets only, for plain log uploads. */
export type Scope = 'all' | 'known';

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

/** A line longer than this is redacted in pieces of this size. */
const longestLine = 1 << 20;

/** The only maker of Clean streams. */
export function createRedactor({ key, known }: RedactorOptions): Redactor {
  const token = (secret: string) => `‹secret:${createHmac('sha256', key).update(secret).digest('hex').slice(0, 12)}›`;

  const apply = (
    text: string,
    scope: Scope,
    account: Account | undefined,
    mark: (secret: string) => string,
  ): string => {
    const count = (name: string) => account?.set(name, (account.get(name) ?? 0) + 1);
    let result = text;
    for (const secret of known()) {
      if (secret.length < 8 || !result.includes(secret)) continue;
      result = result.replaceAll(secret, () => {
        count('known-secret');
        return mark(secret);
      });
    }
    return scope === 'known' ? result : rules.reduce((current, rule) => applyRule(rule, current, mark, count), result);
  };

  const text: Redactor['text'] = (input, scope = 'all', account) => apply(input, scope, account, token);

  // Bytes are looked at as Latin-1, one character a byte, so that what is not a secret leaves exactly as it came.
  const bytes = (chunk: Buffer, scope: Scope, account: Account | undefined): Buffer => {
    const before = chunk.toString('latin1');
    const after = apply(before, scope, account, (secret) => Buffer.from(token(secret)).toString('latin1'));
    return after === before ? chunk : Buffer.from(after, 'latin1');
  };

  async function* stream(source: AsyncIterable<Uint8Array>, scope: Scope, account: Account | undefined) {
    let rest: Buffer = Buffer.alloc(0);
    for await (const part of source) {
      const chunk =
        rest.length === 0 ? Buffer.from(part.buffer, part.byteOffset, part.length) : Buffer.concat([rest, part]);
      const end = chunk.lastIndexOf(0x0a) + 1 || (chunk.length >= longestLine ? chunk.length : 0);
      rest = chunk.subarray(end);
      if (end > 0) yield bytes(chunk.subarray(0, end), scope, account);
    }
    if (rest.length > 0) yield bytes(rest, scope, account);
  }

  const json: Redactor['json'] = (value, scope = 'all') => {
    if (typeof value === 'string') return text(value, scope);
    if (Array.isArray(value)) return value.map((item) => json(item, scope));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, json(own, scope)]));
  };

  return {
    text,
    json,
    token,
    stream: (source, scope = 'all', account) =>
      (scope === 'known' && known().every((secret) => secret.length < 8)
        ? source
        : stream(source, scope, account)) as Clean<Uint8Array>,
  };
}

/** A token as text, and as Latin-1 of its UTF-8. What was redacted once keeps its token when it is redacted again. */
const tokenShape = /^(?:‹|\xe2\x80\xb9)secret:[0-9a-f]{12}(?:›|\xe2\x80\xba)$/;

function applyRule(rule: Rule, text: string, mark: (secret: string) => string, count: (name: string) => void): string {
  if (!rule.hints.some((hint) => text.includes(hint))) return text;
  return text.replace(rule.pattern, (...found: unknown[]) => {
    const groups = found.at(-1) as Readonly<Record<'before' | 'secret' | 'after', string | undefined>>;
    if (tokenShape.test(groups.secret ?? '')) return String(found[0]);
    count(rule.name);
    return `${groups.before ?? ''}${mark(groups.secret ?? '')}${groups.after ?? ''}`;
  });
}
