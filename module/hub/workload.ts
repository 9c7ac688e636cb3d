import { messageOf, SupportError } from '../base/errors.ts';
import { exchange, readObject } from '../base/exchange.ts';
import { sleep, within } from '../base/time.ts';

/** The workload API of IoT Edge, as a module sees it (`IOTEDGE_WORKLOADURI`). */
export interface Workload {
  /** HMAC-SHA256 over `data` with this module's own key, 32 bytes. SupportError unavailable or timeout. */
  sign(data: Uint8Array, signal?: AbortSignal): Promise<Buffer>;
  /** The certificates, in PEM, that the device's own services are trusted by. SupportError unavailable or timeout. */
  trustBundle(signal?: AbortSignal): Promise<string>;
}

export interface WorkloadOptions {
  /** `unix:///path/of.sock` or `http://host:port`. */
  readonly uri: string;
  readonly moduleId: string;
  readonly generationId: string;
  /** Every version from the first on has these calls. */
  readonly apiVersion?: string;
  /** How long one call may take, its repetitions included. */
  readonly limitMs?: number;
}

/** aziot-edged closes what is above ten calls at a time without an answer; the pause before the next try doubles. */
const firstPauseMs = 50;

type Fields = Readonly<Record<string, unknown>>;
interface Call {
  readonly what: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

/** A client of the workload API. It connects anew for each call and keeps nothing. */
export function createWorkload(options: WorkloadOptions): Workload {
  const { uri, moduleId, generationId, apiVersion = '2018-06-28', limitMs = 10_000 } = options;
  const module = `/modules/${encodeURIComponent(moduleId)}/genid/${encodeURIComponent(generationId)}`;
  const run = (call: Call, outer: AbortSignal | undefined) =>
    within(limitMs, `Asking the workload API for ${call.what}`, (signal) => untilAnswered(uri, call, signal), outer);
  return {
    async sign(data, signal) {
      const body = { keyId: 'primary', algo: 'HMACSHA256', data: Buffer.from(data).toString('base64') };
      const path = `${module}/sign?api-version=${apiVersion}`;
      const { digest } = await run({ what: 'a signature', method: 'POST', path, body: JSON.stringify(body) }, signal);
      const signature = Buffer.from(typeof digest === 'string' ? digest : '', 'base64');
      if (signature.length !== 32) throw unavailable('a signature', `expected 32 bytes, got ${signature.length}`);
      return signature;
    },
    async trustBundle(signal) {
      const path = `/trust-bundle?api-version=${apiVersion}`;
      const { certificate } = await run({ what: 'the trust bundle', method: 'GET', path }, signal);
      if (typeof certificate === 'string' && certificate.includes('-----BEGIN CERTIFICATE-----')) return certificate;
      throw unavailable('the trust bundle', 'expected certificates in PEM, got something else');
    },
  };
}

/** Asks again as long as the connection is closed without an answer; the signal's limit ends that. */
async function untilAnswered(uri: string, call: Call, signal: AbortSignal): Promise<Fields> {
  for (let pauseMs = firstPauseMs; ; pauseMs *= 2) {
    try {
      return await ask(uri, call, signal);
    } catch (error) {
      if (!['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')) {
        throw error instanceof SupportError ? error : unavailable(call.what, messageOf(error));
      }
    }
    await sleep(pauseMs, signal);
  }
}

async function ask(uri: string, { what, method, path, body }: Call, signal: AbortSignal): Promise<Fields> {
  const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length };
  const { status, text } = await exchange({ ...targetOf(uri), method, path, headers }, signal, body);
  const fields = readObject(text);
  if (status === 200 && fields) return fields;
  throw unavailable(what, `status ${status}, ${String(fields?.['message'] ?? 'no JSON object')}`);
}

/** Where the URI points, as http.request takes it. SupportError unavailable when it is neither unix nor http. */
function targetOf(uri: string): { socketPath: string } | { hostname: string; port: string } {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url?.protocol === 'unix:') return { socketPath: decodeURIComponent(url.pathname) };
  if (url?.protocol === 'http:') return { hostname: url.hostname.replace(/^\[|\]$/g, ''), port: url.port || '80' };
  throw new SupportError('unavailable', `IOTEDGE_WORKLOADURI must be a unix:// or http:// address, got "${uri}".`);
}

const unavailable = (what: string, why: string) =>
  new SupportError('unavailable', `The workload API gave no answer for ${what}: ${why.replace(/\.+$/, '')}.`);
