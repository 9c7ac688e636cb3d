import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { sign } from './hub/auth.ts';
import type { SimHub } from './hub/hub.ts';
import type { Pki } from './pki.ts';

export interface WorkloadOptions {
  /** A unix socket to listen on, or … */
  readonly socketPath?: string;
  /** … a TCP address; port 0 takes a free one. */
  readonly listen?: { readonly host: string; readonly port: number };
  readonly pki: Pki;
  /** Keys come from here; a module that signs is registered if it is not yet. */
  readonly hub: Pick<SimHub, 'register'>;
  /** The answer to `GET /modules`: a list of ModuleDetails. */
  readonly modules?: () => Promise<readonly unknown[]>;
  readonly log?: (line: string) => void;
}

/** An error of the workload API; its body is `{"message": …}`. */
export class WorkloadError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface WorkloadAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What aziot-edged accepts; 2021-05-11 has a specification but is refused. */
const VERSIONS = ['2018-06-28', '2019-01-30', '2019-10-22', '2019-11-05', '2020-07-07', '2021-12-07', '2022-08-03'];

type Fields = Record<string, unknown>;
interface Call {
  readonly options: WorkloadOptions;
  /** The variable parts of the path, decoded: module, then generation id where there is one. */
  readonly module: string;
  readonly generation: string;
  readonly body: string;
}
interface Route {
  readonly method: string;
  readonly path: RegExp;
  run(call: Call): Promise<WorkloadAnswer>;
}

const ROUTES: readonly Route[] = [
  { method: 'GET', path: /^\/modules$/, run: modules },
  { method: 'GET', path: /^\/trust-bundle$/, run: trustBundle },
  { method: 'GET', path: /^\/manifest-trust-bundle$/, run: async () => ok({ certificate: '' }) },
  { method: 'POST', path: /^\/modules\/([^/]+)\/genid\/([^/]+)\/sign$/, run: signData },
  { method: 'POST', path: /^\/modules\/([^/]+)\/genid\/([^/]+)\/encrypt$/, run: encrypt },
  { method: 'POST', path: /^\/modules\/([^/]+)\/genid\/([^/]+)\/decrypt$/, run: decrypt },
  { method: 'POST', path: /^\/modules\/([^/]+)\/genid\/([^/]+)\/certificate\/server$/, run: serverCertificate },
  { method: 'POST', path: /^\/modules\/([^/]+)\/certificate\/identity$/, run: identityCertificate },
];

/** Answers one request as aziot-edged 1.5 does. Throws a WorkloadError. */
export async function answerWorkload(
  options: WorkloadOptions,
  method: string,
  url: string,
  body: string,
): Promise<WorkloadAnswer> {
  const { pathname, searchParams } = new URL(url, 'http://workload');
  const version = searchParams.get('api-version');
  if (version === null) throw new WorkloadError(400, 'api-version not specified');
  if (!VERSIONS.includes(version)) throw new WorkloadError(400, `invalid api-version "${version}"`);
  const matching = ROUTES.map((route) => ({ route, match: route.path.exec(pathname) })).filter(({ match }) => match);
  if (matching.length === 0) throw new WorkloadError(404, 'not found');
  const chosen = matching.find(({ route }) => route.method === method);
  if (chosen === undefined) throw new WorkloadError(400, 'method not allowed');
  const [, module = '', generation = ''] = (chosen.match ?? []).map(decode);
  return await chosen.route.run({ options, module, generation, body });
}

async function modules({ options }: Call): Promise<WorkloadAnswer> {
  return ok({ modules: (await options.modules?.()) ?? [] });
}

async function trustBundle({ options }: Call): Promise<WorkloadAnswer> {
  return ok({ certificate: options.pki.rootCertificate });
}

/** Only `data` is read; key id, algorithm and generation id are not looked at. */
async function signData({ options, module, body }: Call): Promise<WorkloadAnswer> {
  if (body === '') throw new WorkloadError(400, 'missing parameter: request body');
  const data = base64(fields(body), 'data');
  return ok({ digest: sign(options.hub.register(module).key, data) });
}

async function encrypt(call: Call): Promise<WorkloadAnswer> {
  const body = required(call.body);
  const cipher = createCipheriv('aes-256-gcm', secret(call), base64(body, 'initializationVector'));
  cipher.setAAD(Buffer.from(`${call.module}${call.generation}`));
  const sealed = Buffer.concat([cipher.update(base64(body, 'plaintext')), cipher.final(), cipher.getAuthTag()]);
  return ok({ ciphertext: sealed.toString('base64') });
}

async function decrypt(call: Call): Promise<WorkloadAnswer> {
  const body = required(call.body);
  const sealed = base64(body, 'ciphertext');
  const decipher = createDecipheriv('aes-256-gcm', secret(call), base64(body, 'initializationVector'));
  decipher.setAAD(Buffer.from(`${call.module}${call.generation}`));
  decipher.setAuthTag(sealed.subarray(-16));
  const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  return ok({ plaintext: plain.toString('base64') });
}

async function serverCertificate({ options, module, body }: Call): Promise<WorkloadAnswer> {
  const { commonName } = required(body);
  if (typeof commonName !== 'string' || commonName === '')
    throw new WorkloadError(400, 'invalid parameter: commonName');
  return certificate(options, [commonName, module.toLowerCase()], 'server');
}

async function identityCertificate({ options, module }: Call): Promise<WorkloadAnswer> {
  return certificate(options, [module], 'client');
}

async function certificate({ pki }: WorkloadOptions, names: readonly string[], usage: 'server' | 'client') {
  const notAfter = new Date(Math.floor(Date.now() / 1000) * 1000 + 30 * 24 * 3_600_000);
  const issued = await pki.server(names, { notAfter, usage });
  return {
    status: 201,
    body: {
      privateKey: { type: 'key', bytes: issued.privateKey },
      certificate: issued.chain,
      expiration: notAfter.toISOString().replace('.000Z', '+00:00'),
    },
  };
}

function secret({ options, module }: Call): Buffer {
  return createHash('sha256')
    .update(`encrypt ${options.hub.register(module).key}`)
    .digest();
}

function ok(body: unknown): WorkloadAnswer {
  return { status: 200, body };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new WorkloadError(404, 'not found');
  }
}

function required(body: string): Fields {
  if (body === '') throw new WorkloadError(400, 'missing request body');
  return fields(body);
}

function fields(body: string): Fields {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === 'object' && value !== null) return value as Fields;
  } catch {
    // Answered below, as any other body that is no object.
  }
  throw new WorkloadError(422, 'expected a JSON object');
}

function base64(body: Fields, name: string): Buffer {
  const text = body[name];
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0)
    throw new WorkloadError(400, `invalid parameter: ${name}`);
  return Buffer.from(text, 'base64');
}
