import type { Redactor, Scope } from '../../redact/redact.ts';

/** Stands between texts that are redacted together: a control character that none of them keeps. */
const mark = '\x1e';
const between = `\n${mark}\n`;
const joined = (texts: readonly string[]) => texts.map((text) => text.replaceAll(mark, ' ')).join(between);

/** Redacts texts for the price of one: what a call costs in any case is more than a kilobyte does. */
export function redactTexts(
  texts: readonly string[],
  { text: redact }: Pick<Redactor, 'text'>,
  scope: Scope,
): readonly string[] {
  const parts = redact(joined(texts), scope).split(between);
  // Where a rule took a mark along, each goes alone.
  return parts.length === texts.length ? parts : texts.map((text) => redact(text, scope));
}

/** The same by the way that is made for logs, line by line: ten times as fast for many. */
export async function redactMany(
  texts: readonly string[],
  redactor: Pick<Redactor, 'text' | 'stream'>,
  scope: Scope,
): Promise<readonly string[]> {
  async function* bytes() {
    yield Buffer.from(joined(texts));
  }
  const clean: Uint8Array[] = [];
  for await (const part of redactor.stream(bytes(), scope)) clean.push(part);
  const parts = Buffer.concat(clean).toString().split(between);
  return parts.length === texts.length ? parts : texts.map((text) => redactor.text(text, scope));
}
