import { Agent as HttpAgent, get as httpGet, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, get as httpsGet } from 'node:https';
import { messageOf, SupportError } from '../base/errors.ts';
import { within } from '../base/time.ts';
import { type Fact, targetsOf, type World } from './fact.ts';
import { findProxy } from './proxy-settings.ts';

/** The newest versions of IoT Edge's packages, as Microsoft lists them. */
export type LatestVersionsReading = { readonly url: string } & (
  | {
      /** Package → its versions, one per channel, in the order of the list. */
      readonly versions: Readonly<Record<string, readonly string[]>>;
    }
  | { readonly problem: ListProblem }
);

export interface ListProblem {
  readonly kind: 'no-answer' | 'timeout' | 'status' | 'no-location' | 'unreadable';
  readonly status?: number;
  readonly why: string;
}

const mostRedirects = 5;
const longestBody = 1 << 20;

export const latestVersions: Fact<LatestVersionsReading> = {
  about: 'Asking for the newest versions of IoT Edge',
  async read(world, signal, limitMs) {
    const url = targetsOf(world).latestVersionsUrl;
    const limit = limitMs * 0.8;
    try {
      const ask = (own: AbortSignal) => follow(world, url, limit, own);
      const body = await within(limit, `The answer of ${new URL(url).host}`, ask, signal);
      return { url, versions: parseLatestVersions(body) };
    } catch (error) {
      signal.throwIfAborted();
      return { url, problem: problemOf(error) };
    }
  },
};

/** `channels[].products[id=aziot-edge].components[]`: name → versions. Throws a ListError when there is none. */
function parseLatestVersions(text: string): Readonly<Record<string, readonly string[]>> {
  const versions: Record<string, string[]> = {};
  for (const channel of list(field(parsed(text), 'channels'))) {
    for (const product of list(field(channel, 'products'))) {
      if (field(product, 'id') !== 'aziot-edge') continue;
      for (const component of list(field(product, 'components'))) {
        const [name, version] = [field(component, 'name'), field(component, 'version')];
        if (typeof name !== 'string' || typeof version !== 'string') continue;
        versions[name] = [...(versions[name] ?? []), version];
      }
    }
  }
  if (Object.keys(versions).length > 0) return versions;
  throw new ListError({ kind: 'unreadable', why: 'the answer does not list the product aziot-edge' });
}

class ListError extends Error {
  readonly problem: ListProblem;

  constructor(problem: ListProblem) {
    super(problem.why);
    this.problem = problem;
  }
}

function problemOf(error: unknown): ListProblem {
  if (error instanceof ListError) return error.problem;
  const late = error instanceof SupportError && error.code === 'timeout';
  return { kind: late ? 'timeout' : 'no-answer', why: messageOf(error) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ListError({ kind: 'unreadable', why: 'the answer is not JSON' });
  }
}

const field = (value: unknown, key: string): unknown => (value as Readonly<Record<string, unknown>> | null)?.[key];
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The body at the end of the redirects. */
async function follow(world: World, start: string, limitMs: number, signal: AbortSignal): Promise<string> {
  let url = new URL(start);
  for (let hops = 0; hops <= mostRedirects; hops++) {
    const response = await open(world, url, limitMs, signal);
    const { statusCode: status = 0, headers } = response;
    if (status === 200) return bodyOf(response);
    response.destroy();
    if (status < 300 || status > 399) {
      throw new ListError({ kind: 'status', status, why: `${url.host} answered ${status}` });
    }
    const next = headers.location === undefined ? undefined : URL.parse(headers.location, url);
    if (next?.protocol !== 'https:' && next?.protocol !== url.protocol) {
      throw new ListError({ kind: 'no-location', why: `${url.host} redirected without saying where to` });
    }
    url = next;
  }
  throw new ListError({ kind: 'no-answer', why: `more than ${mostRedirects} redirects` });
}

/** Sends the request, through the proxy that the upstream's HTTPS port is reached by as well. */
async function open(world: World, url: URL, limitMs: number, signal: AbortSignal): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:';
  const port = Number(url.port) || (secure ? 443 : 80);
  const found = await findProxy(world, url.hostname, port, limitMs * 0.2, signal);
  const proxy = found?.proxy;
  const proxyEnv = proxy ? { proxyEnv: { HTTPS_PROXY: proxy.url.href, HTTP_PROXY: proxy.url.href } } : {};
  const ca = targetsOf(world).trust?.ca;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const headers = { 'user-agent': 'edge-support', accept: 'application/json' };
  const call = secure
    ? httpsGet(url, { agent: new HttpsAgent(proxyEnv), signal, headers, ...(ca ? { ca: [...ca] } : {}) }, resolve)
    : httpGet(url, { agent: new HttpAgent(proxyEnv), signal, headers }, resolve);
  // Node's own words about a proxy may hold its address with user and password.
  call.on('error', (error) => reject(proxy ? new Error(`through the proxy ${proxy.shown}: ${safely(error)}`) : error));
  return promise;
}

function safely(error: Error): string {
  const { code, statusCode } = error as { readonly code?: unknown; readonly statusCode?: unknown };
  if (statusCode !== undefined) return `it answered ${String(statusCode)}`;
  return code === undefined ? 'the connection failed' : String(code);
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      length += part.length;
      if (length > longestBody) throw new Error('the answer is longer than 1 MB');
    }
  } catch (error) {
    throw new ListError({ kind: 'unreadable', why: messageOf(error) });
  }
  return Buffer.concat(parts).toString();
}
