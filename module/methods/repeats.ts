import { createHash } from 'node:crypto';
import { SupportError } from '../base/errors.ts';
import type { MethodAnswer } from '../hub/hub.ts';

/** How a repeated request is recognised, and what the audit journal calls it. */
export interface Repeat {
  readonly requestId?: string;
  readonly requestHash?: string;
  readonly payloadHash?: string;
}

/** So many requests are remembered: far more than come while somebody still repeats one. */
const remembered = 500;

/** Answers to refuse with: nothing was done, so the same request may be tried again. */
const refusals = new Set([400, 403, 404, 409, 429]);

/** Requests that carry a `requestId`. IoT Hub's clients repeat a call that had no answer, which must not run twice. */
export interface Repeats {
  /** The answer of the first request with this id, whether it is there yet or not; else what `run` answers. */
  once(repeat: Repeat, run: () => Promise<MethodAnswer>): Promise<MethodAnswer>;
}

export function createRepeats(): Repeats {
  const known = new Map<string, { readonly hash: string | undefined; readonly answer: Promise<MethodAnswer> }>();
  return {
    async once({ requestId, requestHash }, run) {
      if (requestId === undefined) return run();
      const first = known.get(requestId);
      if (first) {
        if (first.hash !== requestHash) throw otherRequest(requestId);
        return first.answer;
      }
      const answer = run();
      known.set(requestId, { hash: requestHash, answer });
      for (const oldest of known.keys()) {
        if (known.size <= remembered) break;
        known.delete(oldest);
      }
      if (refusals.has((await answer).status)) known.delete(requestId);
      return answer;
    },
  };
}

/** `requestId` in a payload, in any case, and what tells this request from another one with the same id. */
export function readRepeat(method: string, json: unknown): Repeat {
  if (typeof json !== 'object' || json === null) return {};
  const given = Object.entries(json).findLast(([name]) => name.toLowerCase() === 'requestid')?.[1];
  if (given === undefined || given === null) return {};
  if (typeof given !== 'string' || !/^[\x21-\x7e]{1,128}$/.test(given)) {
    throw new SupportError('bad-request', 'requestId must be a text of 1 to 128 printable characters without blanks.');
  }
  const hash = createHash('sha256')
    .update(`${method}\n${JSON.stringify(json)}`)
    .digest('hex');
  return { requestId: given, requestHash: hash.slice(0, 16) };
}

export function otherRequest(requestId: string): SupportError {
  const text = `requestId ${requestId} has been used for another request; a new request needs a new one.`;
  return new SupportError('conflict', text);
}
