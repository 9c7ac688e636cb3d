import type { DialReading } from '../facts/dial.ts';
import { type Reading, valueOf } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';
import { skippedFor, type Verdict } from './check.ts';
import { upstreamDialInfo } from './dial-info.ts';
import { nextStep } from './next-step.ts';
import { rewritingOf } from './rewriting.ts';
import { type Port, upstreamUse } from './upstream-use.ts';
import { certificateProblem } from './upstream-ways.ts';

/** The facts that the judgement of a port of the hub from the host needs. */
export const hostConnectNeeds = ['environment', 'edgeContainers', 'hostUpstream'] as const;

/** What a person has to set, and where, for programs of the host. */
export const hostPlaces = {
  from: 'the host',
  proxyUsers: 'aziot-edged and aziot-identityd (systemctl edit)',
  rootsGoTo: "the host's trust store (update-ca-certificates or update-ca-trust)",
} as const;

/** What the original says first on a nested device when the handshake fails. */
const nestedHint =
  "Make sure the parent device is reachable using 'curl https://parenthostname'. Make sure the the trust bundle has " +
  'been added to the trusted store: sudo cp <path>/azure-iot-test-only.root.ca.cert.pem ' +
  '/usr/local/share/ca-certificates/azure-iot-test-only.root.ca.cert.pem.crt\n            sudo update-ca-certificates';

/** Judges whether the host can shake hands with a port of the hub, or of the parent on a nested device. */
export function judgeHostConnect(
  port: Port,
  facts: { readonly [K in (typeof hostConnectNeeds)[number]]: Reading<Facts[K]> },
): Verdict {
  const { hostUpstream, environment } = facts;
  if ('unavailable' in hostUpstream) {
    return skippedFor(hostUpstream, { iothub_hostname: valueOf(environment)?.iothubHostname ?? null });
  }
  const upstream = hostUpstream.value;
  const dial = upstream.dials[port];
  const info = { port_number: dial.port, iothub_hostname: dial.host, ...upstreamDialInfo(port, upstream) };
  const problem = handshakeProblem(dial);
  if (problem === undefined) return { status: 'ok', info };
  const details = [...(upstream.nested && dial.timedOutMs === undefined ? [nestedHint] : []), ...problem];
  const use = upstreamUse(facts);
  // The device's identity service asks the hub over HTTPS, whatever modules speak.
  if (port !== 'https' && !use.needs.includes(port)) {
    const protocol = use.protocol === undefined ? 'is not set' : `is ${use.protocol}`;
    return {
      status: 'warning',
      details: [...details, `Port ${dial.port} is not needed: UpstreamProtocol ${protocol}.`],
      fix: 'None is needed as long as UpstreamProtocol of edgeAgent and edgeHub stays so.',
      info,
      iotedgeCheck: 'error',
    };
  }
  const fix = nextStep({
    ...hostPlaces,
    dial,
    unknownName: 'error' in upstream.lookup,
    rewriting: rewritingOf(dial, Object.values(upstream.dials)),
    worksElsewhere: false,
    ...(port === 'https' ? {} : { instead: ', or set UpstreamProtocol of edgeAgent and edgeHub to a WebSockets one' }),
  });
  return { status: 'failed', details, fix, info };
}

/** The original's words for a handshake that did not end well, and the cause; undefined when it did. */
export function handshakeProblem(dial: DialReading): readonly string[] | undefined {
  const cause = certificateProblem(dial) ?? (dial.tls ? undefined : (dial.error ?? 'no connection'));
  if (cause === undefined) return undefined;
  if (dial.timedOutMs !== undefined && !dial.tls) {
    const seconds = Math.round(dial.timedOutMs / 100) / 10;
    return [`Failed to do TLS Handshake, Connection Attempt Timed out in ${seconds} Seconds`, cause];
  }
  return [`Could not connect to ${dial.host} : could not complete TLS handshake`, cause];
}
