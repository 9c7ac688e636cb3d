import type { Clean, Redactor, Scope } from '../redact/redact.ts';
import type { EntryNotes } from './collector.ts';

/** By what text becomes clean. */
export interface Cleaner {
  readonly redactor: Redactor;
  readonly scope: Scope;
}

/** A value as indented JSON, redacted; it stays JSON. */
export function jsonBody(
  value: unknown,
  { redactor, scope }: Cleaner,
  { account }: Pick<EntryNotes, 'account'>,
): Clean<Uint8Array> {
  return redactor.jsonText(value, scope, account);
}

const pieceSize = 64 << 10;

/** A text, redacted. */
export function textBody(
  text: string,
  { redactor, scope }: Cleaner,
  { account }: Pick<EntryNotes, 'account'>,
): Clean<Uint8Array> {
  async function* bytes() {
    const whole = Buffer.from(text);
    // Limits of size are looked at between two pieces.
    for (let at = 0; at < whole.length; at += pieceSize) yield whole.subarray(at, at + pieceSize);
  }
  return redactor.stream(bytes(), scope, account);
}
