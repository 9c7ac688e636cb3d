import { SupportError } from '../base/errors.ts';

/**
 * Replaces `$upstream:<port>` by the parent's host name, for uploads through a nested device's parent
 * (edgeAgent's `(?<pre>.*)\$upstream(?<post>:[1-9].*)`). An ordinary module's IOTEDGE_GATEWAYHOSTNAME is the device's
 * own name, so that the parent is IOTEDGE_PARENTHOSTNAME here. `what` is the field or setting that messages name.
 */
export function rewriteUpstream(url: string, parentHostname: string | undefined, what = 'sasUrl'): string {
  const match = /^(?<before>.*)\$upstream(?<after>:[1-9].*)$/s.exec(url);
  if (!match) return url;
  if (!parentHostname) {
    const text = `${what} names $upstream, but this device has no parent: IOTEDGE_PARENTHOSTNAME is not set.`;
    throw new SupportError('bad-request', text);
  }
  return `${match.groups?.['before']}${parentHostname}${match.groups?.['after']}`;
}

/**
 * The URL of a container SAS, judged before any work starts: well-formed, a container (or directory) with a
 * signature, in its time, and with the right to create or write. SupportError bad-request says what is wrong; no
 * message quotes the URL. Without `now` times are left to the service.
 */
export function readContainerSas(sasUrl: string, now: Date | undefined, what = 'sasUrl'): URL {
  const refuse = (text: string) => new SupportError('bad-request', `${what} ${text}`);
  if (sasUrl.trim() === '') throw refuse('is empty; expected the URL of a blob container with a SAS.');
  if (!URL.canParse(sasUrl))
    throw refuse('is not a URL; expected https://ACCOUNT.blob.core.windows.net/CONTAINER?SAS.');
  const url = new URL(sasUrl);
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    throw refuse(`has the scheme ${url.protocol} instead of https:.`);
  if (url.pathname.split('/').every((part) => part === '')) throw refuse('names no container in its path.');
  const sas = url.searchParams;
  if (!sas.get('sig')) throw refuse('has no signature (sig=): a SAS of the container is needed.');
  if (sas.get('sr') === 'b') throw refuse('is a SAS of a single blob; one of the container is needed.');
  const types = sas.get('srt');
  if (types !== null && !types.includes('o')) {
    throw refuse(`is an account SAS for "${types}"; the resource type object (o) is needed.`);
  }
  const permissions = sas.get('sp');
  if (permissions !== null && !/[cw]/.test(permissions)) {
    throw refuse(`grants only "${permissions}"; create (c) and write (w) are needed.`);
  }
  if (now === undefined) return url;
  const clock = `this device's clock says ${now.toISOString()}.`;
  const expiry = sasTime(url, 'se');
  if (expiry !== undefined && expiry <= now.getTime()) {
    throw refuse(`expired at ${new Date(expiry).toISOString()}; ${clock}`);
  }
  const start = sasTime(url, 'st');
  if (start !== undefined && start > now.getTime()) {
    throw refuse(`is not valid before ${new Date(start).toISOString()}; ${clock}`);
  }
  return url;
}

/** A SAS time (`2026-01-02`, with or without clock time) in milliseconds; undefined when absent or unreadable. */
export function sasTime(url: URL, field: 'se' | 'st'): number | undefined {
  const ms = Date.parse(url.searchParams.get(field) ?? '');
  return Number.isNaN(ms) ? undefined : ms;
}

/** The signature in a URL, as it is read and as it is written: with + and =, or with %2B and %3D. */
export function signaturesIn(sasUrl: string): string[] {
  const written = /[?&]sig=([^&#]*)/i.exec(sasUrl)?.[1] ?? '';
  try {
    return [decodeURIComponent(written), written];
  } catch {
    return [written];
  }
}
