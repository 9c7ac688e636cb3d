/** Why a request was refused or work failed: the closed set of codes that become statuses in `methods/index.ts`. */
export type ErrorCode =
  | 'bad-request'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'too-large'
  | 'busy'
  | 'timeout'
  | 'unavailable';

/**
 * An error that the caller is meant to read: one sentence saying what was expected and what came.
 * Anything thrown that is not a SupportError is a bug and answers 500 without its text.
 */
export class SupportError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SupportError';
    this.code = code;
  }
}

/** The text of whatever was thrown, on one line. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return error.errors.map(messageOf).join('; ');
  }
  const text = error instanceof Error ? error.message || error.name : String(error);
  return text.replace(/\s*\n\s*/g, ' ').trim();
}

/** Whether this is the rejection of an aborted wait (a DOMException or Node's own error). */
export function isAbort(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { readonly name?: unknown; readonly code?: unknown };
  return name === 'AbortError' || code === 'ABORT_ERR';
}
