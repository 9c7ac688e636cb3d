import { type RequestOptions, request } from 'node:http';

export interface Exchanged {
  readonly status: number;
  readonly text: string;
}

/** A longer answer, in megabytes of characters, is none of the APIs on this device. */
const usualMegabytes = 1;

/**
 * Sends one HTTP request, on a connection of its own, and reads the whole answer whatever its status. For the APIs on this
 * device: rejects when the answer is longer than `mostMegabytes`, with the connection's error, or with that of an aborted `signal`.
 */
export function exchange(
  where: RequestOptions,
  signal: AbortSignal,
  body?: string,
  mostMegabytes = usualMegabytes,
): Promise<Exchanged> {
  const { promise, resolve, reject } = Promise.withResolvers<Exchanged>();
  const sent = request({ ...where, agent: false, signal }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('error', reject);
    response.on('data', (part: string) => {
      text += part;
      if (text.length <= mostMegabytes << 20) return;
      response.destroy(new Error(`the answer is longer than ${mostMegabytes} MB`));
    });
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
  });
  sent.on('error', reject);
  sent.end(body);
  return promise;
}

/** A JSON object, or undefined for any other text. */
export function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}
