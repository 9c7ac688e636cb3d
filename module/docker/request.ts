import type { IncomingMessage } from 'node:http';
import { addAbortSignal } from 'node:stream';
import { messageOf, SupportError } from '../base/errors.ts';
import { within } from '../base/time.ts';
import type { EngineAddress } from './address.ts';
import { apiPrefix } from './api-version.ts';
import type { EngineVersion } from './docker.ts';
import { engineFault, naming } from './faults.ts';
import { tap } from './tap.ts';

/** How long an engine may take for one small answer, ms: less than a method has by default, so that its answer can say so. */
const answerLimit = 18_000;

/** The one function of docker-modem that is used; dockerode's own methods cannot all be aborted. */
export interface Modem {
  dial(options: object, callback: (error: Error | null, answer: unknown) => void): void;
}

export interface Ask {
  /** What is asked, in words, for error messages: `inspect edgeHub`. */
  readonly what: string;
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly query?: Readonly<Record<string, string>>;
}

/** Requests to one engine, under an API version that both sides know. */
export interface Requests {
  readonly version: (signal: AbortSignal) => Promise<EngineVersion>;
  /** Whether one was agreed on. */
  readonly agreedOn: () => boolean;
  /** The whole answer, which must be JSON, within 18 s or what is given. */
  readonly json: (ask: Ask, signal: AbortSignal, limitMs?: number) => Promise<unknown>;
  /** Resolves when the engine has done it; limited by the signal alone. */
  readonly order: (ask: Ask, signal: AbortSignal) => Promise<void>;
  /** The body of a small answer piece by piece as it arrives; limited by the signal alone. */
  readonly trickle: (ask: Ask, signal: AbortSignal) => Promise<AsyncIterable<Buffer>>;
  /** The body of a large answer as it arrives, in blocks, once its header is there; limited by the signal alone. */
  readonly stream: (ask: Ask, signal: AbortSignal) => Promise<AsyncIterable<Buffer>>;
}

type Send = (ask: Ask, signal: AbortSignal) => Promise<AsyncIterable<Buffer>>;

/** Every request rejects with a SupportError (see engineFault) or, when aborted, with the signal's reason. */
export function createRequests(modem: Modem, where: EngineAddress, address: string): Requests {
  let prefix: string | undefined;

  const guarded =
    (send: Send): Send =>
    async (ask, signal) => {
      const fault = (error: unknown) => engineFault(ask.what, address, error, signal);
      try {
        signal.throwIfAborted();
        return faulting(await naming(askedIn(ask), send(ask, signal)), fault);
      } catch (error) {
        throw fault(error);
      }
    };

  const dialed = guarded((ask, signal) => dial(modem, ask, signal));

  const tapped = guarded(async ({ path, query }, signal) => {
    const { status, body } = await tap(where, `${path}?${new URLSearchParams(query)}`, signal);
    if (status === 200) return body;
    throw Object.assign(new Error(await refusal(body)), { statusCode: status });
  });

  const version = async (outer: AbortSignal): Promise<EngineVersion> => {
    const ask = { what: 'version', path: '/version' };
    const read = async (signal: AbortSignal) => parse(ask.what, await dialed(ask, signal));
    const told = (await within(answerLimit, limitText(ask), read, outer)) as Readonly<Record<string, unknown>>;
    const text = (key: string) => String(told[key] ?? '');
    return {
      version: text('Version'),
      apiVersion: text('ApiVersion'),
      minApiVersion: text('MinAPIVersion'),
      os: text('Os'),
      arch: text('Arch'),
    };
  };

  // The engine may be upgraded under a running module and refuse the version agreed on: then agree once more.
  const agreed =
    (send: Send): Send =>
    async (ask, signal) => {
      prefix ??= apiPrefix(await version(signal));
      try {
        return await send({ ...ask, path: prefix + ask.path }, signal);
      } catch (error) {
        if (!/client version \S+ is too (old|new)/i.test(messageOf(error))) throw error;
        prefix = apiPrefix(await version(signal));
        return send({ ...ask, path: prefix + ask.path }, signal);
      }
    };

  return {
    version,
    agreedOn: () => prefix !== undefined,
    json: (ask, outer, limitMs = answerLimit) =>
      within(limitMs, limitText(ask), async (signal) => parse(ask.what, await agreed(dialed)(ask, signal)), outer),
    order: async (ask, signal) => {
      for await (const _ of await agreed(dialed)(ask, signal));
    },
    trickle: agreed(dialed),
    stream: agreed(tapped),
  };
}

/** `GET /containers/edgeHub/json`, without the API's version. */
const askedIn = ({ method = 'GET', path }: Ask) => `${method} ${path.replace(/^\/v\d+\.\d+(?=\/)/, '')}`;

const limitText = ({ what }: Ask) => `The container engine’s answer to "${what}"`;

/**
 * One request. `isStream` hands the answer over unread: without it docker-modem holds the whole body in memory.
 * The signal ends the request, its answer and its socket.
 */
function dial(modem: Modem, { path, method = 'GET', query }: Ask, signal: AbortSignal): Promise<IncomingMessage> {
  const options = {
    path: query === undefined ? path : `${path}?`,
    ...(query === undefined ? {} : { options: { ...query } }),
    method,
    isStream: true,
    // 304: it is so already, as a stopped container that is to be stopped.
    statusCodes: { 200: true, 204: true, 304: true },
    abortSignal: signal,
  };
  return new Promise((resolve, reject) => {
    modem.dial(options, (error, answer) => {
      if (error) reject(error);
      else resolve(addAbortSignal(signal, answer as IncomingMessage));
    });
  });
}

async function* faulting(body: AsyncIterable<Buffer>, fault: (error: unknown) => unknown): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw fault(error);
  }
}

async function bytesOf(body: AsyncIterable<Buffer>): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of body) parts.push(part);
  return Buffer.concat(parts).toString();
}

/** The reason in the body of an error: `{"message":"No such container: x"}`. */
async function refusal(body: AsyncIterable<Buffer>): Promise<string> {
  const text = await bytesOf(body);
  try {
    return String((JSON.parse(text) as { readonly message?: unknown }).message ?? text);
  } catch {
    return text;
  }
}

async function parse(what: string, body: AsyncIterable<Buffer>): Promise<unknown> {
  const text = await bytesOf(body);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const got = text.slice(0, 80);
    throw new SupportError('unavailable', `${what}: expected JSON from the container engine, got "${got}".`, { cause });
  }
}
