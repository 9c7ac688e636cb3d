import { BlockList, isIPv6 } from 'node:net';
import { valueOf } from '../facts/fact.ts';
import type { UpstreamReading } from '../facts/upstream.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { type UpstreamUse, upstreamUse } from './upstream-use.ts';

export const dnsConsistency = defineCheck({
  id: 'dns-consistency',
  section: 'Field checks',
  title: "the upstream's name resolves alike in containers and on the host",
  needs: ['environment', 'edgeContainers', 'upstream', 'bridgeUpstream', 'hostUpstream'],
  judge(facts): Verdict {
    const { upstream, hostUpstream } = facts;
    if ('unavailable' in upstream) return skippedFor(upstream);
    const modules = upstream.value;
    const host = valueOf(hostUpstream);
    const answers = {
      "modules' network": answerOf(modules),
      'default bridge': answerOf(valueOf(facts.bridgeUpstream)),
      host: answerOf(host),
    };
    const info = { name: modules.host, answers };
    const use = upstreamUse(facts);
    const dead = [
      ...(isDead(modules, use) ? ["containers on the modules' network"] : []),
      ...(host && isDead(host) ? ['the host'] : []),
    ];
    if (dead.length > 0) {
      const errors = [modules, host].flatMap((one) => (one && 'error' in one.lookup ? [one.lookup.error] : []));
      const alive = Object.entries(answers).filter(([, answer]) => Array.isArray(answer));
      return {
        status: 'failed',
        details: [
          `${modules.host} cannot be resolved by ${dead.join(' and ')}.`,
          ...new Set(errors),
          ...alive.map(([place, answer]) => `From the ${place} it resolves to ${(answer as string[]).join(', ')}.`),
        ],
        fix: fixFor(dead, modules.host),
        info,
      };
    }
    const kinds = new Set([modules, host].flatMap((one) => (one ? kindOf(one) : [])));
    if (kinds.size > 1) {
      return {
        status: 'warning',
        details: [
          `${modules.host} is a private address for one side and a public one for the other.`,
          `The modules' network gets ${text(answerOf(modules))}, the host ${text(answerOf(host))}.`,
        ],
        fix: 'Let containers and host ask the same name servers ("dns" in /etc/docker/daemon.json): with a private endpoint, those that know its zone.',
        info,
      };
    }
    return { status: 'ok', info };
  },
});

/** A name need not resolve where everything that is needed goes through a proxy, which looks it up itself. */
function isDead({ lookup, dials }: UpstreamReading, use?: UpstreamUse): boolean {
  if (!('error' in lookup)) return false;
  const proxyDoes = dials.https.proxy !== undefined && dials.https.reached !== 'nothing';
  return !(proxyDoes && (use === undefined || use.needs.includes('https')));
}

function fixFor(dead: readonly string[], name: string): string {
  if (dead.length === 1 && dead[0] === 'the host') {
    return `Make the host's own name servers (/etc/resolv.conf) answer for ${name}.`;
  }
  if (dead.length === 1) {
    return `Set "dns" in /etc/docker/daemon.json to name servers that containers can reach and that know ${name}, and restart the engine.`;
  }
  return `Correct the device's name servers, or let the firewall pass UDP and TCP port 53 to them: nothing on the device can resolve ${name}.`;
}

function answerOf(reading: UpstreamReading | undefined): readonly string[] | string | null {
  if (!reading) return null;
  return 'error' in reading.lookup ? reading.lookup.error : [...reading.lookup.addresses].sort();
}

function text(answer: ReturnType<typeof answerOf>): string {
  return [answer ?? 'nothing'].flat().join(', ');
}

/** private or public; nothing when it is mixed or unknown. */
function kindOf({ lookup }: UpstreamReading): readonly string[] {
  if ('error' in lookup) return [];
  const kinds = new Set(lookup.addresses.map((address) => (isPrivate(address) ? 'private' : 'public')));
  return kinds.size === 1 ? [...kinds] : [];
}

/** Addresses of no use outside a site: RFC 1918, 6598, 3927, 4193 and loopback. */
function isPrivate(address: string): boolean {
  const ranges = new BlockList();
  ranges.addSubnet('10.0.0.0', 8);
  ranges.addSubnet('172.16.0.0', 12);
  ranges.addSubnet('192.168.0.0', 16);
  ranges.addSubnet('100.64.0.0', 10);
  ranges.addSubnet('169.254.0.0', 16);
  ranges.addSubnet('127.0.0.0', 8);
  ranges.addSubnet('fc00::', 7, 'ipv6');
  ranges.addSubnet('fe80::', 10, 'ipv6');
  return ranges.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
