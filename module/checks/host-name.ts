import { isIP } from 'node:net';

/** Whether this is an IPv4 or IPv6 address rather than a name. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}

/** The rules of RFC 1035, 2.3.1, as `iotedge check` applies them (its hostname_checks_common). */
export function isRfc1035(name: string): boolean {
  if (name === '' || name.length > 255) return false;
  return name.split('.').every((label) => label.length <= 63 && /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/i.test(label));
}

/** What `iotedge check` says about a name that does not follow them, after its first sentence. */
export const rfc1035Rules = [
  '',
  '- Hostname must be between 1 and 255 octets inclusive.',
  '- Each label in the hostname (component separated by ".") must be between 1 and 63 octets inclusive.',
  '- Each label must start with an ASCII alphabet character (a-z, A-Z), end with an ASCII alphanumeric character ' +
    '(a-z, A-Z, 0-9), and must contain only ASCII alphanumeric characters or hyphens (a-z, A-Z, 0-9, "-").',
  '',
  'Not complying with RFC 1035 may cause errors during the TLS handshake with modules and downstream devices.',
].join('\n');

/** A certificate's common name holds no more (RFC 5280, ub-common-name). */
export const longestIssuer = 64;
