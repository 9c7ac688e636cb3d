import type { HostCertificate } from '../facts/host-certificates.ts';

const dayMs = 86_400_000;

export type Severity = 'warning' | 'failed';
export interface Complaint {
  readonly severity: Severity;
  readonly details: readonly string[];
}

/** A time as the original prints it: `2026-01-02 03:04:05 UTC`. */
function utc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** A time as the original has it in JSON: `2026-01-02T03:04:05Z`. */
function rfc3339(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** Judges when a certificate is valid; `name` is what it is called in messages, its id in quotes included. */
export function judgeValidity(
  name: string,
  notBefore: number,
  notAfter: number,
  now: Date,
  soonDays = 7,
): Complaint | undefined {
  const left = notAfter - now.getTime();
  if (notBefore > now.getTime()) {
    return { severity: 'failed', details: [`${name} has not-before time ${utc(notBefore)} which is in the future`] };
  }
  if (left <= 0) return { severity: 'failed', details: [`${name} expired at ${utc(notAfter)}`] };
  if (left >= soonDays * dayMs) return undefined;
  const days = Math.floor(left / dayMs);
  return { severity: 'warning', details: [`${name} will expire soon (${utc(notAfter)}, in ${days} days)`] };
}

/** Judges a certificate that must be there or be issued; what lies elsewhere is not judged. */
export function judgeCertificate(
  name: string,
  id: string,
  certificate: HostCertificate,
  now: Date,
  soonDays = 7,
): Complaint | undefined {
  const { state, preloaded, issued, path, problem = [], notBefore, notAfter } = certificate;
  if (state === 'found' && notBefore !== undefined && notAfter !== undefined) {
    return judgeValidity(`${name} '${id}'`.trimStart(), notBefore, notAfter, now, soonDays);
  }
  if (state === 'elsewhere' || (state === 'missing' && !preloaded && issued !== undefined)) return undefined;
  if (state === 'missing') {
    const neither = `${name} certificate is neither preloaded nor configured to be dynamically issued, and thus cannot be used.`;
    return {
      severity: 'failed',
      details: preloaded ? [`could not stat ${path}`, 'There is no such file.'] : [neither],
    };
  }
  const scheme = `preloaded cert "${id}" has a scheme other than \`file://\``;
  return { severity: 'failed', details: problem.length > 0 ? problem : [scheme] };
}

/** The original's certificate_info; null where there is no certificate yet. */
export function certificateInfo(
  name: string,
  id: string,
  { state, path, notBefore, notAfter }: HostCertificate,
): object | null {
  if (state === 'elsewhere') return { cert_name: name, cert_id: id, not_looked_at: path };
  if (notBefore === undefined || notAfter === undefined) return null;
  return {
    cert_name: name,
    cert_id: id,
    not_after: rfc3339(notAfter),
    not_before: rfc3339(notBefore),
  };
}
