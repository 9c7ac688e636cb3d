import { type ErrorCode, isAbort, messageOf, SupportError } from '../base/errors.ts';

/** Reasons for which the engine's socket cannot be used, and what to look at. */
const hints: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such socket; bind it into the module (createOptions, HostConfig.Binds).',
  EACCES: 'permission denied; give this module’s user the group of the socket (createOptions, HostConfig.GroupAdd).',
  ECONNREFUSED: 'nothing answers there. Is the container engine running?',
  ENOTFOUND: 'the host name is unknown. Is DOCKER_HOST right?',
  ECONNRESET: 'it closed the connection in the middle of the answer. Was it restarted?',
  EPIPE: 'it closed the connection. Was it restarted?',
};

const kinds: Readonly<Record<number, ErrorCode>> = { 400: 'bad-request', 409: 'conflict' };

/** By these filtering proxies refuse a request: 405 those that know methods apart from paths. */
const refusals: readonly (number | undefined)[] = [403, 405];

/** What is put on an error of the client, which does not tell it: `POST /containers/create`. */
interface Asked {
  readonly asked?: string;
}

/** Rejects as the request does, with what was asked beside it, for engineFault. */
export async function naming<T>(asked: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    throw typeof error === 'object' && error !== null ? Object.assign(error, { asked } satisfies Asked) : error;
  }
}

/**
 * A failed engine call as a SupportError whose text names the call and the engine's own words; `not-found` for 404,
 * `bad-request` for 400, `conflict` for 409, `forbidden` for what a proxy in front of the engine (or a plugin of it) does
 * not let through, `unavailable` for the rest. What aborted the call is rethrown as it is.
 */
export function engineFault(call: string, address: string, error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (isAbort(error) || error instanceof SupportError) return error;
  const { statusCode, code, asked = call } = error as { statusCode?: number; code?: string } & Asked;
  if (statusCode !== undefined) {
    const said = engineWords(messageOf(error));
    if (refusals.includes(statusCode)) {
      return new SupportError('forbidden', `${call}: ${refused(asked, statusCode, said)}`, { cause: error });
    }
    if (statusCode === 404) return new SupportError('not-found', `${call}: ${said}.`, { cause: error });
    const kind = kinds[statusCode] ?? 'unavailable';
    return new SupportError(kind, `${call}: the container engine answered ${statusCode}: ${said}.`, { cause: error });
  }
  const why = hints[code ?? ''] ?? messageOf(error);
  return new SupportError('unavailable', `${call}: the container engine at ${address} cannot be reached: ${why}`, {
    cause: error,
  });
}

/** Proxies answer with a page, or a word; the engine and its authorization plugins with a reason. */
function refused(asked: string, status: number, said: string): string {
  const reasonless = /^(<|no reason given$|forbidden$|method not allowed$)/i.test(said);
  return reasonless
    ? `a proxy in front of the container engine forbids "${asked}" (it answered ${status}); to have it, allow that request there.`
    : `the container engine forbids "${asked}" (it answered ${status}): ${said}.`;
}

/** The engine's message out of docker-modem's `(HTTP code 404) reason - message `. */
function engineWords(text: string): string {
  const words = text.replace(/^\(HTTP code \d+\) .*? - /, '').trim();
  return words === '' || words === 'undefined' ? 'no reason given' : words.replace(/\.$/, '');
}
