import { type ErrorCode, isAbort, messageOf, SupportError } from '../base/errors.ts';

/** Reasons for which the engine's socket cannot be used, and what to look at. */
const hints: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket. Is the Docker socket bound into the module (createOptions, HostConfig.Binds)?',
  EACCES: 'permission denied. Does the module run as a user that may use the Docker socket?',
  ECONNREFUSED: 'nothing answers there. Is the container engine running?',
  ENOTFOUND: 'the host name is unknown. Is DOCKER_HOST right?',
  ECONNRESET: 'it closed the connection in the middle of the answer. Was it restarted?',
  EPIPE: 'it closed the connection. Was it restarted?',
};

const kinds: Readonly<Record<number, ErrorCode>> = { 400: 'bad-request', 409: 'conflict' };

/**
 * A failed engine call as a SupportError whose text names the call and the engine's own words; `not-found` for 404,
 * `bad-request` for 400, `conflict` for 409, `unavailable` for the rest. What aborted the call is rethrown as it is.
 */
export function engineFault(call: string, address: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (isAbort(error) || error instanceof SupportError) return error;
  const { statusCode, code } = error as { statusCode?: number; code?: string };
  if (statusCode !== undefined) {
    const said = engineWords(messageOf(error));
    if (statusCode === 404) return new SupportError('not-found', `${call}: ${said}.`, { cause: error });
    const kind = kinds[statusCode] ?? 'unavailable';
    return new SupportError(kind, `${call}: the container engine answered ${statusCode}: ${said}.`, { cause: error });
  }
  const why = hints[code ?? ''] ?? messageOf(error);
  return new SupportError('unavailable', `${call}: the container engine at ${address} cannot be reached: ${why}`, {
    cause: error,
  });
}

/** The engine's message out of docker-modem's `(HTTP code 404) reason - message `. */
function engineWords(text: string): string {
  const words = text.replace(/^\(HTTP code \d+\) .*? - /, '').trim();
  return words === '' || words === 'undefined' ? 'no reason given' : words.replace(/\.$/, '');
}
