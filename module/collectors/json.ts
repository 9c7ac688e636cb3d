import type { Clean, Redactor, Scope } from '../redact/redact.ts';
import type { EntryNotes } from './collector.ts';

/** By what text becomes clean. */
export interface Cleaner {
  readonly redactor: Redactor;
  readonly scope: Scope;
}

/** A value as indented JSON, redacted. */
export function jsonBody(value: unknown, by: Cleaner, notes: Pick<EntryNotes, 'account'>): Clean<Uint8Array> {
  return textBody(`${JSON.stringify(value, null, 2)}\n`, by, notes);
}

/** A text, redacted. */
export function textBody(
  text: string,
  { redactor, scope }: Cleaner,
  { account }: Pick<EntryNotes, 'account'>,
): Clean<Uint8Array> {
  async function* bytes() {
    yield Buffer.from(text);
  }
  return redactor.stream(bytes(), scope, account);
}
