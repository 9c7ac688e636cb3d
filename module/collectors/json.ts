import type { Account, Clean, Redactor } from '../redact/redact.ts';

/** A value as indented JSON, redacted. */
export function jsonBody(value: unknown, redactor: Redactor, account: Account): Clean<Uint8Array> {
  async function* text() {
    yield Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
  }
  return redactor.stream(text(), 'all', account);
}
