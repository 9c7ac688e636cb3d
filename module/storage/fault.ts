import { messageOf, SupportError } from '../base/errors.ts';

/**
 * What a failed request to Blob Storage means for the upload.
 * `passing`: it may work later. `exists`: there is a blob of this name. `forgotten`: storage does not know blocks that it
 * had taken. `refusal`: it will not work until somebody changes something.
 */
export type FaultKind = 'passing' | 'exists' | 'forgotten' | 'refusal';

/** A failed request, understood. The message is one sentence without secrets. */
export class BlobFault extends Error {
  readonly kind: FaultKind;
  /** Azure's error code, `status 500`, or the code of a network error. */
  readonly code: string;
  readonly status: number | undefined;
  /** How long storage asks to be left alone. */
  readonly retryAfterMs: number;

  constructor(
    kind: FaultKind,
    code: string,
    message: string,
    options: { status?: number; retryAfterMs?: number } = {},
  ) {
    super(message);
    this.name = 'BlobFault';
    this.kind = kind;
    this.code = code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs ?? 0;
  }
}

/** The parts of the SDK's RestError, and of the errors of @azure/identity, that are looked at. */
interface Thrown {
  readonly name?: string;
  readonly code?: string;
  readonly statusCode?: number;
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

/** Understands what the SDK threw; something that is no fault of storage, or a bug, comes back as it is. */
export function readFault(error: unknown, host: string): unknown {
  if (error instanceof BlobFault || !(error instanceof Error)) return error;
  const { name = '', code, statusCode, response } = error as Thrown;
  if (/^(Credential|Authentication|AggregateAuthentication)/.test(name))
    return credentialFault(error, name, statusCode);
  if (name !== 'RestError') return error;
  if (statusCode === undefined) return networkFault(error, code ?? 'no answer', host);
  const word = response?.headers?.get('x-ms-error-code') ?? code ?? `status ${statusCode}`;
  const text = `Blob Storage at ${host} refused the upload (${word}): ${firstSentence(error)}${hints[statusCode] ?? ''}`;
  return new BlobFault(kindOf(statusCode, word), word, text, {
    status: statusCode,
    retryAfterMs: retryAfter(response?.headers?.get('retry-after')),
  });
}

/** A fault as the task's error. */
export function asSupportError(fault: BlobFault): SupportError {
  return new SupportError('unavailable', fault.message, { cause: fault });
}

function kindOf(status: number, code: string): FaultKind {
  if (status === 408 || status === 429 || status >= 500) return 'passing';
  if (existing.has(code)) return 'exists';
  if (code === 'InvalidBlockList') return 'forgotten';
  return 'refusal';
}

/** A SAS that may create but not write has a word of its own for a blob that exists. */
const existing = new Set([
  'BlobAlreadyExists',
  'ConditionNotMet',
  'UnauthorizedBlobOverwrite',
  'BlobImmutableDueToPolicy',
  'InvalidBlobType',
]);

const hints: Readonly<Record<number, string>> = {
  401: ' Check the credential.',
  403: ' Check that the SAS is of this container, not expired, and grants create and write.',
  404: ' Check that the container exists.',
};

/** Certificates that a clock which is not set yet makes look wrong. */
const clockCodes = new Set(['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED']);

function networkFault(error: Error, code: string, host: string): BlobFault {
  const why = firstSentence(error);
  if (/^(CERT_|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|ERR_TLS_CERT)/.test(code) && !clockCodes.has(code)) {
    const hint = ' A private authority is trusted through NODE_EXTRA_CA_CERTS.';
    return new BlobFault(
      'refusal',
      code,
      `The certificate of Blob Storage at ${host} is not trusted (${code}): ${why}${hint}`,
    );
  }
  if (code === 'ERR_PROXY_TUNNEL' && / 407\b/.test(error.message)) {
    return new BlobFault('refusal', code, `The proxy on the way to ${host} wants a user and password (407).`);
  }
  return new BlobFault('passing', code, `Blob Storage at ${host} cannot be reached (${code}): ${why}`);
}

/** The identity endpoint of Azure Arc may come up later than we do; a secret that is refused will stay so. */
function credentialFault(error: Error, name: string, status: number | undefined): BlobFault {
  const kind = status !== undefined && status >= 400 && status < 500 ? 'refusal' : 'passing';
  return new BlobFault(kind, name, `There is no token for Blob Storage: ${firstSentence(error)}`);
}

/** Azure's own texts run over many lines and quote headers. A proxy's address may hold a password. */
function firstSentence(error: Error): string {
  const text = messageOf(error).split('. ')[0] ?? '';
  return `${text
    .replace(/\/\/[^/\s@]*@/g, '//***@')
    .replace(/\.$/, '')
    .slice(0, 300)}.`;
}

/** Seconds or a date, in milliseconds; at most ten minutes are granted. */
function retryAfter(value: string | undefined): number {
  if (value === undefined) return 0;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? 0 : Math.min(600_000, Math.max(0, ms));
}
