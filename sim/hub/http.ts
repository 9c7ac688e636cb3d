import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { badRequest, errorBody, HubError } from './errors.ts';

/** Far above every limit that has its own answer. */
const BODY_LIMIT = 1024 * 1024;

/** What an HTTPS request asks for: its path without query, in decoded parts. */
export interface Request {
  readonly method: string;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Aborts when the caller goes away. */
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Reads a request whole. Throws a HubError for a body over 1 MB or a path that cannot be decoded. */
export async function readRequest(request: IncomingMessage, response: ServerResponse): Promise<Request> {
  const url = new URL(request.url ?? '/', 'https://hub');
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_LIMIT) throw new HubError('registry', 413001, 'MessageTooLarge', 'the body is larger than 1 MB');
    chunks.push(chunk);
  }
  return {
    method: request.method ?? 'GET',
    parts: decodeParts(url.pathname),
    query: url.searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks).toString(),
    signal: gone.signal,
  };
}

function decodeParts(path: string): string[] {
  try {
    return path.split('/').slice(1).map(decodeURIComponent);
  } catch {
    throw badRequest(`the path ${path} is not URL-encoded`);
  }
}

/** Writes an answer as IoT Hub does: JSON, and a request id. */
export function writeAnswer(response: ServerResponse, answer: Answer): void {
  if (response.destroyed) return;
  const text = answer.body === undefined ? '' : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    ...(text === '' ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': Buffer.byteLength(text),
    server: 'Microsoft-HTTPAPI/2.0',
    'x-ms-request-id': randomUUID(),
    ...answer.headers,
  });
  response.end(text);
}

/** The answer for anything that was thrown: a HubError as itself, everything else as 500. */
export function errorAnswer(error: unknown): Answer {
  const known =
    error instanceof HubError ? error : new HubError('registry', 500001, 'ServerError', `internal error: ${error}`);
  return { status: known.status, body: errorBody(known), headers: { 'iothub-errorcode': known.name } };
}

/** Parses a JSON object. Throws 400 when it is something else. */
export function readJson(body: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Answered below, as any other body that is no object.
  }
  throw new HubError('registry', 400006, 'IotHubFormatError', 'expected a JSON object as body');
}
