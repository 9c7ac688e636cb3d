import { valueOf } from '../facts/fact.ts';
import type { UpstreamReading } from '../facts/upstream.ts';
import { defineCheck, skippedFor, type Verdict } from './check.ts';
import { describeRewriting, type Rewriting, rewritingOf } from './rewriting.ts';
import { type Port, upstreamUse } from './upstream-use.ts';

interface Found extends Rewriting {
  readonly from: string;
  readonly trustStore: string;
  /** Whether the device is cut off when it does not trust the issuer. */
  readonly matters: boolean;
}

export const tlsInspection = defineCheck({
  id: 'tls-inspection',
  section: 'Field checks',
  title: 'no proxy rewrites TLS between the device and its upstream',
  needs: ['environment', 'edgeContainers', 'upstream', 'bridgeUpstream', 'hostUpstream'],
  judge(facts): Verdict {
    const { needs } = upstreamUse(facts);
    const seen = [
      { from: "the modules' network", reading: valueOf(facts.upstream), matter: needs },
      { from: 'the default bridge', reading: valueOf(facts.bridgeUpstream), matter: [] },
      // The device's identity service asks the hub over HTTPS, whatever modules speak.
      { from: 'the host', reading: valueOf(facts.hostUpstream), matter: ['https'] },
    ] as const;
    const found = seen.flatMap(({ from, reading, matter }) => (reading ? rewritten(from, reading, matter) : []));
    const issuers = Object.fromEntries(
      seen.flatMap(({ from, reading }) => (reading ? [[from, issuersOf(reading)]] : [])),
    );
    const info = { issuers };
    const untrusted = found.filter(({ trusted }) => !trusted);
    const worst = untrusted.find(({ matters }) => matters) ?? untrusted[0] ?? found[0];
    if (worst) {
      const { dial, issuer, from, trustStore, trusted, matters, evidence } = worst;
      const trust = trusted ? 'is trusted' : 'is not trusted';
      const details = [
        describeRewriting(worst),
        evidence,
        `Seen from ${from}, where this issuer ${trust} (${trustStore}).`,
      ];
      const fix = trusted
        ? `Exempt ${dial.host}:${dial.port} from inspection, or keep the root of ${issuer} in the trust stores of the host and of every module that connects.`
        : `Exempt ${dial.host}:${dial.port} from inspection, or add the root of ${issuer} to the trust stores of the host and of every module that connects.`;
      return { status: !trusted && matters ? 'failed' : 'warning', details, fix, info };
    }
    if (Object.values(issuers).some((ports) => Object.keys(ports).length > 0)) return { status: 'ok', info };
    if ('unavailable' in facts.upstream) return skippedFor(facts.upstream, info);
    const why = 'There was no TLS handshake with the upstream that could be looked at.';
    return { status: 'skipped', reason: 'previous-failure', why, info };
  },
});

function rewritten(from: string, { dials, trustStore }: UpstreamReading, matter: readonly Port[]): readonly Found[] {
  return Object.entries(dials).flatMap(([way, dial]) => {
    const one = rewritingOf(dial, Object.values(dials));
    const matters = (matter as readonly string[]).includes(way);
    return one ? [{ ...one, from, trustStore, matters }] : [];
  });
}

/** Way → who issued what was presented there. */
function issuersOf({ dials }: UpstreamReading): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(dials).flatMap(([way, { tls }]) => (tls?.chain[0] ? [[way, tls.chain[0].issuer]] : [])),
  );
}
