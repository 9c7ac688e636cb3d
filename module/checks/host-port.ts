import { type Reading, valueOf } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';
import { skippedFor, type Verdict } from './check.ts';
import { fixOf, type Port, useOf } from './upstream-port.ts';

/** The facts that the judgement of a port from the host needs. */
export const hostPortNeeds = ['environment', 'edgeContainers', 'hostUpstream'] as const;

/**
 * Judges whether the host reaches a port of the hub, or of the parent of a nested device, and can verify who answers. The
 * original asks all three ports whatever UpstreamProtocol is; here one that is not needed is a warning at most.
 */
export function judgeHostPort(
  port: Port,
  facts: { readonly [K in (typeof hostPortNeeds)[number]]: Reading<Facts[K]> },
): Verdict {
  if ('unavailable' in facts.hostUpstream) return skippedFor(facts.hostUpstream);
  const upstream = facts.hostUpstream.value;
  const dial = upstream.dials[port];
  const info = {
    port_number: dial.port,
    iothub_hostname: valueOf(facts.environment)?.iothubHostname ?? null,
    proxy: dial.proxy ?? null,
    upstream_hostname: dial.host,
    address: dial.address ?? null,
    reached: dial.reached,
    duration_ms: dial.durationMs,
    trust_store: upstream.trustStore,
    ...(dial.tls ? { tls: dial.tls } : {}),
  };
  const problem =
    dial.tls === undefined
      ? (dial.error ?? 'There was no TLS handshake.')
      : dial.tls.verified
        ? undefined
        : `The certificate presented (issuer ${dial.tls.chain[0]?.issuer ?? 'unknown'}) could not be verified: ${dial.tls.problem}`;
  if (problem === undefined) return { status: 'ok', info };
  const details = [
    `Could not connect to ${dial.host} : could not complete TLS handshake`,
    problem,
    ...(upstream.nested ? [nestedHint(dial.host)] : []),
  ];
  const { protocol, use } = useOf(facts);
  if (use.needs.includes(port)) {
    return { status: 'failed', details, fix: fixOf(port, dial, 'error' in upstream.lookup), info };
  }
  const needed = `UpstreamProtocol ${protocol ?? 'is not set'}`;
  return {
    status: 'warning',
    details: [...details, `Port ${dial.port} is not needed (${needed}).`],
    fix: `None is needed as long as it stays so (${needed}).`,
    info,
    iotedgeCheck: 'error',
  };
}

const nestedHint = (parent: string) =>
  `Make sure that the parent answers 'curl https://${parent}' on the host, and that its root certificate is in the ` +
  "host's trust store (update-ca-certificates).";
