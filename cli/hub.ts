import { createHmac } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

/** A direct method's answer, as the module gave it. */
export interface Answer {
  readonly status: number;
  readonly payload: unknown;
}

/** Calls a method of one module; rejects with an Error whose message is one sentence when the hub gives no answer. */
export type Invoke = (method: string, payload: object) => Promise<Answer>;

export interface HubOptions {
  /** `HostName=…;SharedAccessKeyName=…;SharedAccessKey=…` of a policy with service connect. */
  readonly connectionString: string;
  readonly device: string;
  readonly module: string;
  /** Milliseconds before the second try; each later one waits twice as long. Default 1000. */
  readonly pauseMs?: number;
  /** Default: Node's own. */
  readonly send?: typeof fetch;
}

/** So often a call is tried while the module is not there, or does not answer. */
const tries = 5;

/** Seconds that the hub waits for the module to connect, and for its answer. */
const connectSecs = 10;
const responseSecs = 30;

/** Direct methods over IoT Hub's REST API. Throws when the connection string is none. */
export function connectHub({ connectionString, device, module, pauseMs = 1000, send = fetch }: HubOptions): Invoke {
  const field = (name: string) => new RegExp(`(?:^|;)\\s*${name}=([^;]+)`, 'i').exec(connectionString)?.[1] ?? '';
  const [host, policy, key] = [field('HostName'), field('SharedAccessKeyName'), field('SharedAccessKey')];
  if (host === '' || policy === '' || key === '') {
    throw new Error('The connection string must have HostName, SharedAccessKeyName and SharedAccessKey.');
  }
  const [deviceId, moduleId] = [device, module].map(encodeURIComponent);
  const url = `https://${host}/twins/${deviceId}/modules/${moduleId}/methods?api-version=2021-04-12`;

  const once = async (methodName: string, payload: object): Promise<Answer | Retry> => {
    const response = await send(url, {
      method: 'POST',
      headers: { authorization: token(host, policy, key), 'content-type': 'application/json' },
      body: JSON.stringify({
        methodName,
        payload,
        connectTimeoutInSeconds: connectSecs,
        responseTimeoutInSeconds: responseSecs,
      }),
      signal: AbortSignal.timeout((connectSecs + responseSecs + 20) * 1000),
    });
    const text = await response.text();
    if (response.ok) return JSON.parse(text) as Answer;
    const refusal = new Error(`IoT Hub refused ${methodName} (${response.status}): ${hubWords(text)}`);
    // 404103: the module is not connected. 504101: it did not answer in time.
    if (response.status === 429 || response.status >= 500 || /\b404103\b/.test(text)) return new Retry(refusal);
    throw refusal;
  };

  return async (method, payload) => {
    for (let count = 1; ; count += 1) {
      const answer = await once(method, payload).catch((error: unknown) => {
        if (error instanceof TypeError || (error as Error).name === 'TimeoutError')
          return new Retry(unreachable(host, error));
        throw error;
      });
      if (!(answer instanceof Retry)) return answer;
      if (count >= tries) throw answer.error;
      await delay(pauseMs * 2 ** (count - 1));
    }
  };
}

/** What may work at the next try. */
class Retry {
  readonly error: Error;

  constructor(error: Error) {
    this.error = error;
  }
}

function unreachable(host: string, error: unknown): Error {
  const { message, cause } = error as Error & { readonly cause?: Error };
  return new Error(`${host} cannot be reached: ${cause?.message || message}`);
}

/** Good for some minutes. Format: "Control access to IoT Hub with shared access signatures", token structure. */
function token(host: string, policy: string, key: string): string {
  const resource = encodeURIComponent(host);
  const expiry = Math.floor(Date.now() / 1000) + 300;
  const signature = createHmac('sha256', Buffer.from(key, 'base64')).update(`${resource}\n${expiry}`).digest('base64');
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signature)}&se=${expiry}&skn=${encodeURIComponent(policy)}`;
}

/** The hub's own sentence lies as JSON in the `Message` of the JSON body. */
function hubWords(text: string): string {
  try {
    const { Message } = JSON.parse(text) as { readonly Message: string };
    try {
      const inner = JSON.parse(Message) as { readonly errorCode?: number; readonly message?: string };
      return `${inner.errorCode} ${inner.message}`;
    } catch {
      return Message;
    }
  } catch {
    return text.slice(0, 200) || 'no reason was given';
  }
}
