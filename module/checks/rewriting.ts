import type { TlsReading } from '../facts/certificates.ts';
import type { DialReading } from '../facts/dial.ts';

/** A handshake in which somebody on the way answered in place of the upstream, with a certificate of its own. */
export interface Rewriting {
  readonly dial: DialReading;
  /** Who issued what was presented: `CN=Corp Proxy CA`. */
  readonly issuer: string;
  /** Whether the store that was used knows the issuer. */
  readonly trusted: boolean;
  /** Why it is taken for one, as a sentence. */
  readonly evidence: string;
}

/** Names whose certificates Microsoft issues under public roots, in all its clouds. */
const azureNames = /\.(azure-devices|azure-devices-provisioning)\.(net|us|cn)$/i;

/** What OpenSSL says of a chain whose root is not in the store. */
const unknownIssuer =
  /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT(_LOCALLY)?|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/;

/** Whether a dial was answered by somebody else than its target; `others` are further dials of the same target. */
export function rewritingOf(dial: DialReading, others: readonly DialReading[]): Rewriting | undefined {
  const { tls, host, proxy } = dial;
  const own = tls?.chain[0];
  if (!tls || !own || tls.publicRoot) return undefined;
  const found = (evidence: string) => ({ dial, issuer: own.issuer, trusted: tls.verified, evidence });
  if (azureNames.test(host)) {
    return found(`The certificates of ${host} are issued under public roots; this one is not.`);
  }
  // Elsewhere the issuer may be anybody, so another way to the same upstream has to tell.
  const direct = others
    .filter((one) => one !== dial && one.proxy === undefined)
    .toSorted((a, b) => Number(b.port === dial.port) - Number(a.port === dial.port));
  // The same port without the proxy is the best witness: another port may be served by somebody else. What went the same
  // way, as the WebSocket beside the request, is none.
  if (proxy !== undefined && direct.some((one) => one.port === dial.port && one.tls && sameIssuer(one.tls, tls)))
    return undefined;
  const other = direct.find((one) => one.tls?.chain[0] && !sameIssuer(one.tls, tls));
  if (other?.tls && (proxy !== undefined || other.tls.publicRoot || (other.tls.verified && !tls.verified))) {
    const way = proxy === undefined || other.port !== dial.port ? `On port ${other.port}` : 'Without the proxy';
    return found(`${way} the certificate is issued by ${other.tls.chain[0]?.issuer}.`);
  }
  const same = direct.some((one) => one.tls && sameIssuer(one.tls, tls));
  if (proxy !== undefined && !same && unknownIssuer.test(tls.problem ?? '')) {
    return found('It came through the proxy, and its issuer is in no store.');
  }
  return undefined;
}

/** By name, and by the issuer's certificate where both sent it: a name can be imitated. */
function sameIssuer(one: TlsReading, other: TlsReading): boolean {
  const [mine, theirs] = [one.chain[1]?.sha256, other.chain[1]?.sha256];
  if (mine !== undefined && theirs !== undefined && mine !== theirs) return false;
  return one.chain[0]?.issuer === other.chain[0]?.issuer;
}

/** As a sentence: who rewrites what. */
export function describeRewriting({ dial, issuer }: Rewriting): string {
  const by = dial.proxy === undefined ? 'Something on the way' : `The proxy ${dial.proxy}`;
  return `${by} inspects TLS to ${dial.host}:${dial.port}: the certificate presented is issued by ${issuer}.`;
}
