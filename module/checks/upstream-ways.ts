import type { DialReading } from '../facts/dial.ts';

/** Why what was presented is not to be trusted; undefined when it is, or when nothing was presented. */
export function certificateProblem({ tls }: DialReading): string | undefined {
  if (!tls || tls.verified) return undefined;
  const issuer = tls.chain[0]?.issuer ?? 'unknown';
  return `The certificate presented (issuer ${issuer}) could not be verified: ${tls.problem}`;
}

/** Why the HTTPS port cannot be used: a verified certificate and an answer are wanted, whatever its status. */
export function httpsProblem(dial: DialReading, nested: boolean): string | undefined {
  const problem = certificateProblem(dial);
  if (problem !== undefined) return problem;
  const { reached, error = 'no answer', http } = dial;
  if (reached !== 'http') return error;
  // edgeHub answers so to a request without an API version; anything else is not an edgeHub.
  if (nested && !http?.errorCode?.includes('InvalidProtocolVersion')) {
    return `The answer (status ${http?.status}) is not one of an edgeHub: iothub-errorcode is ${http?.errorCode ?? 'missing'}`;
  }
  return undefined;
}

/** Why no WebSocket can be opened. */
export function webSocketProblem({ http, error = 'no answer' }: DialReading): string | undefined {
  if (!http) return error;
  if (http.status === 101) return undefined;
  return `The request to upgrade the connection was answered with status ${http.status} instead of 101.`;
}
