import { randomUUID } from 'node:crypto';
import { request } from 'node:https';
import { messageOf } from '../base/errors.ts';
import type { MethodCall } from './hub.ts';

/**
 * Whether method calls reach us. `heard`: one of our own came back to us. `deaf`: edgeHub took it and it did not.
 * `not-offered`: it could not be tried.
 */
export interface Hearing {
  readonly outcome: 'heard' | 'deaf' | 'not-offered';
  readonly why: string;
}

export interface SelfCallOptions {
  /** edgeHub, which answers on port 443. */
  readonly hostname: string;
  readonly deviceId: string;
  readonly moduleId: string;
  readonly token: string;
  readonly ca: string | undefined;
  readonly limitMs: number;
  readonly port?: number;
}

export interface SelfCall {
  /** Whether this is a call of our own; it counts as heard. */
  recognise(call: MethodCall): boolean;
  /** Calls our own Ping through edgeHub. Rejects only when the signal is aborted. */
  call(signal: AbortSignal): Promise<Hearing>;
}

/** Longer payloads are not looked into. */
const payloadLimit = 100;
const answerLimit = 16 * 1024;

/**
 * Proves, for one connection, that method calls reach us: edgeHub is asked as the SDK's `ModuleClient.invokeMethod`
 * asks it, which cannot be cancelled and hides edgeHub's answer. The call carries a nonce; its arrival is the proof.
 */
export function createSelfCall(options: SelfCallOptions): SelfCall {
  const sent = new Map<string, () => void>();
  return {
    recognise({ name, payload }) {
      if (name !== 'Ping' || payload === undefined || payload.length > payloadLimit) return false;
      const heard = sent.get(readNonce(payload));
      heard?.();
      return heard !== undefined;
    },
    async call(outer) {
      const nonce = randomUUID();
      const heard = Promise.withResolvers<Hearing>();
      sent.set(nonce, () => heard.resolve({ outcome: 'heard', why: 'a call of our own came back' }));
      const signal = AbortSignal.any([outer, AbortSignal.timeout(options.limitMs)]);
      const hearing = await Promise.race([heard.promise, invoke(options, nonce, signal)]);
      outer.throwIfAborted();
      return hearing;
    },
  };
}

function readNonce(payload: Buffer): string {
  try {
    return String((JSON.parse(payload.toString()) as { nonce?: unknown } | null)?.nonce);
  } catch {
    return '';
  }
}

/** What edgeHub made of the call when it did not reach us; never rejects. */
async function invoke(options: SelfCallOptions, nonce: string, signal: AbortSignal): Promise<Hearing> {
  const { hostname, deviceId, moduleId, token, ca, limitMs, port = 443 } = options;
  const progress = { connected: false };
  // edgeHub confirms a subscription before it counts: for a third of the time it may wait for it.
  const connectTimeoutInSeconds = Math.floor(limitMs / 3000);
  const responseTimeoutInSeconds = Math.max(5, connectTimeoutInSeconds);
  const body = JSON.stringify({
    methodName: 'Ping',
    payload: { nonce },
    connectTimeoutInSeconds,
    responseTimeoutInSeconds,
  });
  const { promise, resolve, reject } = Promise.withResolvers<Hearing>();
  const call = request(
    {
      hostname,
      port,
      method: 'POST',
      path: `/twins/${encodeURIComponent(deviceId)}/modules/${encodeURIComponent(moduleId)}/methods`,
      headers: {
        authorization: token,
        'x-ms-edge-moduleId': `${deviceId}/${moduleId}`,
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
      },
      ...(ca === undefined ? {} : { ca }),
      agent: false,
      signal,
    },
    (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('error', reject);
      response.on('data', (part: string) => {
        if (text.length < answerLimit) text += part;
      });
      response.on('end', () => resolve(judge(response.statusCode ?? 0, text)));
    },
  );
  call.on('socket', (socket) =>
    socket.once('secureConnect', () => {
      progress.connected = true;
    }),
  );
  call.on('error', reject);
  call.end(body);
  try {
    return await promise;
  } catch (error) {
    // Only a call that edgeHub took says something of our hearing.
    if (progress.connected && signal.aborted) return deaf('a call of our own did not arrive in time');
    return notOffered(signal.aborted ? 'no connection in time' : messageOf(error));
  }
}

const deaf = (why: string): Hearing => ({ outcome: 'deaf', why });
const notOffered = (why: string): Hearing => ({ outcome: 'not-offered', why });

/** edgeHub's words for a module that it has no subscription of: `Client <device>/<module> not found`; IoT Hub's: 404103. */
function judge(status: number, text: string): Hearing {
  if (status === 404 && /Client \S+ not found|404103|isn't online/.test(text)) {
    return deaf('edgeHub says that nobody listens to calls');
  }
  if (status === 504) return deaf('edgeHub says that a call of our own was not answered in time');
  if (status === 200) return deaf('somebody else answered a call of our own');
  return notOffered(`status ${status}`);
}
