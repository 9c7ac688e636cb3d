import type { DialReading } from '../facts/dial.ts';
import { type Reading, valueOf } from '../facts/fact.ts';
import type { Facts } from '../facts/index.ts';
import type { UpstreamReading } from '../facts/upstream.ts';
import { skippedFor, type Verdict } from './check.ts';
import { upstreamDialInfo } from './dial-info.ts';
import { edgeNetwork } from './edge-network.ts';
import { nextStep } from './next-step.ts';
import { rewritingOf } from './rewriting.ts';
import { type Port, portNames, type UpstreamUse, upstreamUse } from './upstream-use.ts';
import { certificateProblem, httpsProblem, webSocketProblem } from './upstream-ways.ts';

/** The facts that the judgement of an upstream port needs: the port is also seen from elsewhere, to tell where it is shut. */
export const upstreamPortNeeds = [
  'environment',
  'edgeContainers',
  'upstream',
  'bridgeUpstream',
  'hostUpstream',
] as const;

type PortFacts = { readonly [K in (typeof upstreamPortNeeds)[number]]: Reading<Facts[K]> };
/** The facts that dial the upstream from a container, and what a person calls all places. */
type From = 'upstream' | 'bridgeUpstream';
const places = { upstream: "modules' network", bridgeUpstream: 'default bridge', hostUpstream: 'host' } as const;

/** Judges whether a container on a network reaches a port of the upstream. */
export function judgeUpstreamPort(port: Port, from: From, facts: PortFacts): Verdict {
  const use = upstreamUse(facts);
  const reading = facts[from];
  const network = networkName(from, facts);
  const upstream = valueOf(reading);
  const info = { ...infoOf(port, upstream, network), ...elsewhereInfo(port, from, facts) };
  if (!use.asks.includes(port)) {
    const why = `not required in this configuration (UpstreamProtocol ${use.protocol ?? 'is not set'})`;
    return { status: 'skipped', reason: 'not-required', why, info };
  }
  if (!upstream) return 'unavailable' in reading ? skippedFor(reading, info) : { status: 'ok' };
  const problem = problemOf(port, upstream);
  if (problem !== undefined) return failed(port, from, facts, use, upstream, problem, info);
  return (port === 'https' ? judgeWebSocket(use, upstream, network.said, info) : undefined) ?? { status: 'ok', info };
}

function failed(
  port: Port,
  from: From,
  facts: PortFacts,
  use: UpstreamUse,
  upstream: UpstreamReading,
  problem: string,
  info: NonNullable<Verdict['info']>,
): Verdict {
  const dial = upstream.dials[port];
  const network = networkName(from, facts);
  const works = worksFrom(port, from, facts);
  const details = [
    `Container on the ${network.said} network could not connect to ${dial.host}:${dial.port}`,
    problem,
    ...(port === 'https' ? nestedAdvice(dial, upstream.nested) : []),
    ...(works.length > 0 ? [`From the ${works.join(' and from the ')} it works.`] : []),
  ];
  if (!use.needs.includes(port)) {
    // With WebSockets everything goes through 443; the original reports an error all the same.
    return {
      status: 'warning',
      details: [...details, `Port ${dial.port} is not needed for ${use.protocol}.`],
      fix: `None is needed as long as UpstreamProtocol stays ${use.protocol}.`,
      info,
      iotedgeCheck: 'error',
    };
  }
  const fix = nextStep({
    dial,
    from: `containers on the ${network.said} network`,
    proxyUsers: 'edgeAgent, edgeHub and this module',
    rootsGoTo: upstream.nested ? "this device's trust bundle" : "the modules' trust stores",
    unknownName: 'error' in upstream.lookup,
    rewriting: port === 'https' ? rewritingOf(dial, Object.values(upstream.dials)) : undefined,
    worksElsewhere: works.length > 0,
    ...(port === 'https' ? {} : { instead: ', or set UpstreamProtocol of edgeAgent and edgeHub to a WebSockets one' }),
  });
  return { status: 'failed', details, fix, info };
}

function networkName(from: From, facts: PortFacts): { readonly real: string; readonly said: string } {
  if (from === 'bridgeUpstream') return { real: 'bridge', said: 'default' };
  const name = edgeNetwork(valueOf(facts.edgeContainers)?.containers ?? [], valueOf(facts.environment)?.moduleId);
  return { real: name, said: name };
}

function infoOf(port: Port, upstream: UpstreamReading | undefined, { real }: { readonly real: string }) {
  return {
    upstream_port: portNames[port],
    ...(upstream ? { upstream_hostname: upstream.host } : {}),
    network_name: real,
    diagnostics_image_name: null,
    ...(upstream ? upstreamDialInfo(port, upstream) : {}),
  };
}

/** As in the original only TCP counts for AMQP and MQTT. */
function problemOf(port: Port, upstream: UpstreamReading): string | undefined {
  const dial = upstream.dials[port];
  if (port === 'https') return httpsProblem(dial, upstream.nested);
  return dial.reached === 'nothing' ? (dial.error ?? 'no connection') : undefined;
}

function worksFrom(port: Port, from: From, facts: PortFacts): readonly string[] {
  return others(from).flatMap((name) => {
    const seen = valueOf(facts[name]);
    return seen && problemOf(port, seen) === undefined ? [places[name]] : [];
  });
}

function elsewhereInfo(port: Port, from: From, facts: PortFacts): object {
  const seen = others(from).flatMap((name) => {
    const dial = valueOf(facts[name])?.dials[port];
    return dial ? [[places[name], dial.reached] as const] : [];
  });
  return seen.length > 0 ? { reached_from: Object.fromEntries(seen) } : {};
}

function others(from: From): readonly (keyof typeof places)[] {
  return [from === 'upstream' ? 'bridgeUpstream' : 'upstream', 'hostUpstream'];
}

/** The original asks over HTTPS only; a proxy that lets this pass and breaks WebSockets cuts modules off all the same. */
function judgeWebSocket(
  use: UpstreamUse,
  upstream: UpstreamReading,
  network: string,
  info: NonNullable<Verdict['info']>,
): Verdict | undefined {
  const { dials } = upstream;
  const problem = webSocketProblem(dials.webSocket);
  // Without a setting edgeAgent only falls back to WebSockets when AMQP does not work.
  if (problem === undefined || (use.needs.includes('amqp') && dials.amqp.reached !== 'nothing')) return undefined;
  const { host, port, proxy } = dials.webSocket;
  const who = proxy === undefined ? 'the firewall' : `the proxy ${proxy}`;
  return {
    status: 'failed',
    details: [`Container on the ${network} network cannot open a WebSocket to ${host}:${port}`, problem],
    fix: `Let ${who} pass WebSocket upgrades to ${host}:${port}, or exempt it from inspection: HTTPS alone gets through.`,
    info,
    iotedgeCheck: 'ok',
  };
}

function nestedAdvice(dial: DialReading, nested: boolean): readonly string[] {
  if (!nested || (dial.reached !== 'tcp' && certificateProblem(dial) === undefined)) return [];
  return [
    "Make sure the parent's root certificate is part of the trust bundle of this device. " +
      `See what the parent presents with 'openssl s_client -connect ${dial.host}:${dial.port} -showcerts'.`,
  ];
}
