import https from 'node:https';
import type { TestHub } from './hub.ts';

export interface HttpsAnswer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: unknown;
}

/** One HTTPS request to an endpoint of the hub; `body` is sent as JSON unless it is a string. */
export function ask(
  { hub, edgeHost, cloudHost }: TestHub,
  request: {
    readonly path: string;
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: unknown;
    readonly via?: 'edge' | 'cloud';
  },
): Promise<HttpsAnswer> {
  const { method = 'GET', headers = {}, body, path } = request;
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = https.request(
      {
        host: request.via === 'edge' ? edgeHost : cloudHost,
        path,
        method,
        headers,
        ca: hub.rootCertificate,
        agent: false,
      },
      (response) => {
        let answer = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          answer += chunk;
        });
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: answer === '' ? undefined : JSON.parse(answer),
          });
        });
      },
    );
    sent.on('error', reject);
    sent.end(text);
  });
}

/** The error inside the answer of IoT Hub's gateway, whose `Message` is a JSON text. */
export function gatewayError({ body }: HttpsAnswer): Record<string, unknown> {
  return JSON.parse((body as { Message: string }).Message) as Record<string, unknown>;
}
