import type { Session } from './broker.ts';
import { HubError, noAnswer, notOnline } from './errors.ts';
import type { NewEvent } from './events.ts';
import type { FaultState } from './faults.ts';
import { METHODS, methodTopic } from './topics.ts';

/** Payloads may be 128 KB each way ("Understand and invoke direct methods from IoT Hub"). */
export const PAYLOAD_LIMIT = 128 * 1024;

/** How much of an answer is recorded. */
const KEPT = 16 * 1024;

export interface MethodCall {
  readonly moduleId: string;
  readonly name: string;
  readonly payload: unknown;
  readonly responseSecs: number;
  readonly connectSecs: number;
}

export interface MethodResult {
  readonly status: number;
  readonly payload: unknown;
}

export interface Methods {
  /** Calls the module and waits for its answer. Throws a HubError: 404103, 504101, 502 for an answer that is no answer. */
  invoke(call: MethodCall, signal: AbortSignal): Promise<MethodResult>;
  /** A module answered. */
  answered(session: Session, rid: string, status: number, body: string): void;
  /** Somebody connected or subscribed: calls that wait for their module look again. */
  ready(): void;
}

interface Waiting {
  readonly moduleId: string;
  settle(status: number, body: string): void;
}

export interface MethodsParts {
  sessions(): readonly Session[];
  readonly faults: FaultState;
  record(event: NewEvent): void;
}

/** Routes direct methods to the module's newest connection that subscribed to methods. */
export function createMethods({ sessions, faults, record }: MethodsParts): Methods {
  const waiting = new Map<string, Waiting>();
  const searching = new Set<() => void>();
  let lastRid = 0;

  function target(moduleId: string): Session | undefined {
    return sessions()
      .filter((session) => session.moduleId === moduleId && session.subscribed(METHODS))
      .sort((a, b) => b.order - a.order)[0];
  }

  async function find(moduleId: string, connectSecs: number, signal: AbortSignal): Promise<Session> {
    const found = target(moduleId);
    if (found !== undefined) return found;
    return await within<Session>(connectSecs * 1000, signal, notOnline(connectSecs), (resolve) => {
      const look = (): void => {
        const late = target(moduleId);
        if (late !== undefined) resolve(late);
      };
      searching.add(look);
      return () => searching.delete(look);
    });
  }

  return {
    async invoke(call, signal) {
      const { moduleId, name, payload } = call;
      const first = await find(moduleId, call.connectSecs, signal);
      if (faults.delayMs > 0) await pause(faults.delayMs, signal);
      lastRid += 1;
      const rid = lastRid.toString(16);
      const session = target(moduleId) ?? first;
      return await within<MethodResult>(call.responseSecs * 1000, signal, noAnswer(), (resolve, reject) => {
        waiting.set(rid, {
          moduleId,
          settle(status, body) {
            const result = readAnswer(status, body);
            if (result instanceof HubError) reject(result);
            else resolve(result);
          },
        });
        record({ type: 'methodRequest', endpoint: session.endpoint, moduleId, name, rid, payload });
        session.publish(methodTopic(name, rid), JSON.stringify(payload ?? null));
        return () => waiting.delete(rid);
      });
    },
    answered({ endpoint, moduleId }, rid, status, body) {
      const waiter = waiting.get(rid);
      const mine = waiter !== undefined && waiter.moduleId === moduleId;
      const fate = faults.noAnswerDelivered ? 'swallowed' : mine ? 'delivered' : 'late';
      record({ type: 'methodAnswer', endpoint, moduleId, rid, status, body: body.slice(0, KEPT), fate });
      if (fate === 'delivered') waiter?.settle(status, body);
    },
    ready() {
      for (const look of searching) look();
    },
  };
}

/**
 * Microsoft documents the limit of an answer but not the error of a larger one. 502 is what the service SDK knows as
 * BadDeviceResponseError, "the device answered something invalid"; it fits both this and an answer that is no JSON.
 */
function readAnswer(status: number, body: string): MethodResult | HubError {
  const size = Buffer.byteLength(body);
  if (size > PAYLOAD_LIMIT)
    return badAnswer(`Payload of the device's response is ${size} bytes, at most ${PAYLOAD_LIMIT} are allowed.`);
  try {
    return { status, payload: body === '' ? null : JSON.parse(body) };
  } catch {
    return badAnswer("Payload of the device's response is not JSON.");
  }
}

function badAnswer(message: string): HubError {
  return new HubError('gateway', 502101, 'InvalidDeviceResponse', message, {});
}

/**
 * A promise that `start` settles, limited to `ms` milliseconds (then it rejects with `late`) and by the signal.
 * `start` returns what undoes it, which runs in every case.
 */
function within<T>(
  ms: number,
  signal: AbortSignal,
  late: Error,
  start: (resolve: (value: T) => void, reject: (error: Error) => void) => () => void,
): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const abort = (): void => reject(new Error('the call was given up', { cause: signal.reason }));
  const timer = setTimeout(() => reject(late), ms);
  signal.addEventListener('abort', abort);
  const undo = start(resolve, reject);
  if (signal.aborted) abort();
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    undo();
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return within<void>(ms + 1000, signal, new Error('a pause took too long'), (resolve) => {
    const timer = setTimeout(resolve, ms);
    return () => clearTimeout(timer);
  });
}
