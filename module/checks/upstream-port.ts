import type { DialReading } from '../facts/dial.ts';
import { type Reading, valueOf } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';
import type { UpstreamReading } from '../facts/upstream.ts';
import { skippedFor, type Verdict } from './check.ts';
import { edgeNetwork } from './edge-network.ts';

export type Port = 'amqp' | 'https' | 'mqtt';

/** The facts that the judgement of an upstream port needs. */
export const upstreamPortNeeds = ['environment', 'edgeContainers', 'upstream'] as const;

interface Use {
  readonly asks: readonly Port[];
  readonly needs: readonly Port[];
}

/** edgeAgent tries AMQP and falls back to AMQP over WebSockets. */
const unset: Use = { asks: ['amqp', 'https'], needs: ['amqp', 'https'] };

/** What a device uses its ports for, by edgeAgent's `UpstreamProtocol` (container_connect_upstream.rs). */
const uses: Readonly<Record<string, Use>> = {
  amqp: { asks: ['amqp'], needs: ['amqp'] },
  amqpws: { asks: ['amqp', 'https', 'mqtt'], needs: ['https'] },
  mqtt: { asks: ['mqtt'], needs: ['mqtt'] },
  mqttws: { asks: ['amqp', 'https', 'mqtt'], needs: ['https'] },
};

/** Judges whether a container reaches a port of the upstream: on the module network, unless another is named. */
export function judgeUpstreamPort(
  port: Port,
  facts: { readonly [K in (typeof upstreamPortNeeds)[number]]: Reading<Facts[K]> },
  otherNetwork?: string,
): Verdict {
  const containers = valueOf(facts.edgeContainers)?.containers ?? [];
  const environment = valueOf(facts.environment);
  const network = otherNetwork ?? edgeNetwork(containers, environment?.moduleId);
  const { protocol, use } = useOf(facts);

  if ('unavailable' in facts.upstream) return skippedFor(facts.upstream, { upstream_port: portNames[port] });
  const upstream = facts.upstream.value;
  const dial = upstream.dials[port];
  const info = infoOf(port, upstream, network);
  if (!use.asks.includes(port)) {
    const why = `not required in this configuration (UpstreamProtocol ${protocol ?? 'is not set'})`;
    return { status: 'skipped', reason: 'not-required', why, info };
  }
  const problem =
    port === 'https' ? httpsProblem(dial, upstream.nested) : dial.reached === 'nothing' ? dial.error : undefined;
  if (problem === undefined) return { status: 'ok', info };

  const first = `Container on the ${network} network could not connect to ${dial.host}:${dial.port}`;
  const details = [first, problem, ...(port === 'https' ? nestedAdvice(dial, upstream.nested) : [])];
  if (use.needs.includes(port))
    return { status: 'failed', details, fix: fixOf(port, dial, 'error' in upstream.lookup), info };
  // With WebSockets everything goes through 443; the original reports an error all the same.
  return {
    status: 'warning',
    details: [...details, `Port ${dial.port} is not needed for ${protocol}.`],
    fix: `None is needed as long as UpstreamProtocol stays ${protocol}.`,
    info,
    iotedgeCheck: 'error',
  };
}

/** The protocol that edgeAgent speaks upstream, and the ports that the original asks and those that it cannot do without. */
export function useOf(facts: {
  readonly environment: Reading<Facts['environment']>;
  readonly edgeContainers: Reading<Facts['edgeContainers']>;
}) {
  const agent = valueOf(facts.edgeContainers)?.containers.find(({ name }) => name === 'edgeAgent');
  const protocol = agent ? agent.upstreamProtocol : valueOf(facts.environment)?.upstreamProtocol;
  return { protocol, use: uses[protocol?.toLowerCase() ?? 'unset'] ?? unset };
}

const portNames = { amqp: 'Amqp', https: 'Https', mqtt: 'Mqtt' } as const;

function infoOf(port: Port, upstream: UpstreamReading, network: string): Readonly<Record<string, unknown>> {
  const dial = upstream.dials[port];
  return {
    upstream_port: portNames[port],
    upstream_hostname: upstream.host,
    network_name: network,
    diagnostics_image_name: null,
    proxy: dial.proxy ?? null,
    ...(dial.proxy === undefined
      ? {}
      : { proxy_from: upstream.proxy?.from, without_proxy: shortly(upstream.dials.httpsDirect) }),
    address: dial.address ?? null,
    reached: dial.reached,
    duration_ms: dial.durationMs,
    ...(dial.error === undefined ? {} : { error: dial.error }),
    ...(dial.tls ? { tls: dial.tls, trust_store: upstream.trustStore } : {}),
    ...(dial.http ? { http_status: dial.http.status } : {}),
  };
}

/** How far a dial came, and why no further. */
function shortly(dial: DialReading | undefined): Readonly<Record<string, unknown>> | null {
  return dial ? { reached: dial.reached, error: dial.error ?? null } : null;
}

/** The original sends an HTTPS request on 443 and wants a verified certificate and an answer, whatever its status. */
function httpsProblem({ reached, error, tls, http }: DialReading, nested: boolean): string | undefined {
  if (tls && !tls.verified) {
    const issuer = tls.chain[0]?.issuer ?? 'unknown';
    return `The certificate presented (issuer ${issuer}) could not be verified: ${tls.problem}`;
  }
  if (reached !== 'http') return error;
  // edgeHub answers so to a request without an API version; anything else is not an edgeHub.
  if (nested && !http?.errorCode?.includes('InvalidProtocolVersion')) {
    return `The answer (status ${http?.status}) is not one of an edgeHub: iothub-errorcode is ${http?.errorCode ?? 'missing'}`;
  }
  return undefined;
}

function nestedAdvice({ host, port, tls, reached }: DialReading, nested: boolean): readonly string[] {
  if (!nested || (reached !== 'tcp' && tls?.verified !== false)) return [];
  return [
    "Make sure the parent's root certificate is part of the trust bundle of this device. " +
      `See what the parent presents with 'openssl s_client -connect ${host}:${port} -showcerts'.`,
  ];
}

export function fixOf(
  port: Port,
  { host, port: number, proxy, tls, reached }: DialReading,
  unknownName: boolean,
): string {
  if (port === 'https' && tls?.verified === false) {
    return (
      'Compare the issuer in additional_info with the expected one: a proxy that inspects TLS puts its own there. Exempt ' +
      `${host} from inspection, or make its root known to the modules; an expired or future date means a wrong clock.`
    );
  }
  if (proxy !== undefined)
    return `Let the proxy ${proxy} allow CONNECT to ${host}:${number}, with the user it expects.`;
  if (unknownName)
    return `See why the name servers that the containers ask do not know ${host} (check container-engine-dns).`;
  if (port !== 'https' || reached === 'nothing') {
    const socket = port === 'https' ? '' : ', or set UpstreamProtocol of edgeAgent and edgeHub to a WebSockets one';
    return `Allow outgoing TCP connections from the device to ${host}:${number}${socket}.`;
  }
  return `See what answers at ${host}:${number}: it took the connection and then did not speak HTTPS.`;
}
