import type { CheckResult } from './run.ts';

/** Which check's failure explains which others'. */
export interface Diagnosis {
  /** Check id → the complaining checks that directly cause its complaint. Only what has a cause is in it. */
  readonly causedBy: ReadonlyMap<string, readonly string[]>;
  /** The complaints that no other explains, errors first; otherwise in the order of the checks. */
  readonly rootCauses: readonly RootCause[];
}

export interface RootCause {
  readonly check: string;
  readonly outcome: 'warning' | 'error';
  /** The first line of what it says. */
  readonly summary: string;
  readonly advice: string;
  /** Every complaint that follows from it, near or far. */
  readonly explains: readonly string[];
}

interface Rule {
  readonly cause: string;
  readonly effects: readonly string[];
  /** What the effect must say, in any of its details, to be one; without it it always is. */
  readonly says?: RegExp;
  /** Names what a complaint is about; all that the effect is about, the cause must be too. With the flag g. */
  readonly same?: RegExp;
  /** Only an error is such a cause. */
  readonly onlyError?: boolean;
}

const ports = ['amqp', 'https', 'mqtt'] as const;
const dials = [
  ...ports.flatMap((port) => [
    `host-connect-iothub-${port}`,
    `container-default-connect-upstream-${port}`,
    `container-connect-upstream-${port}`,
  ]),
  'host-connect-dps-endpoint',
];

/** The checks of single certificates, by what they are used for. */
const certificateUses = [
  'identity-certificate-expiry',
  'est-identity-and-bootstrap-certificate-expiry',
  'local-ca-certificate-expiry',
  'edge-ca-expiry',
];
/** A certificate's id where its times are told, else the path of its file. */
const certificateNames =
  /'[^']+'(?= expired at| will expire| has not-before)|"[^"]+"(?= has a scheme)|(?<!\S)\/[^\s:]+/g;

/** What an effect says shows what it follows from, so that two faults at the same time stay two. */
const rules: readonly Rule[] = [
  { cause: 'dns-consistency', effects: dials, says: /look(ing|ed)? up|getaddrinfo|ENOTFOUND|EAI_AGAIN/i },
  { cause: 'tls-inspection', effects: dials, says: /certificate presented/i },
  { cause: 'host-local-time', effects: dials, says: /CERT_HAS_EXPIRED|CERT_NOT_YET_VALID/ },
  // Who is shut out further inside is shut out by the same wall.
  ...ports.flatMap((port): readonly Rule[] => [
    {
      cause: `host-connect-iothub-${port}`,
      effects: [`container-default-connect-upstream-${port}`, `container-connect-upstream-${port}`],
    },
    {
      cause: `container-default-connect-upstream-${port}`,
      effects: [`container-connect-upstream-${port}`],
    },
  ]),
  // One edit of config.toml, of which the two halves of the runtime know nothing yet.
  { cause: 'configs-up-to-date', effects: ['config-up-to-date'] },
  // One file that cannot be read.
  {
    cause: 'container-engine-dns',
    effects: ['container-engine-ipv6', 'container-engine-logrotate'],
    says: /Could not parse container engine config file/,
    onlyError: true,
  },
  { cause: 'keyd-running', effects: ['identityd-running', 'connect-management-uri'] },
  { cause: 'certd-running', effects: ['identityd-running', 'connect-management-uri'] },
  { cause: 'identityd-running', effects: ['connect-management-uri'] },
  { cause: 'container-engine-uri', effects: ['connect-management-uri', 'check-agent-image'] },
  { cause: 'container-log-size', effects: ['disk-space'] },
  {
    cause: 'edge-ca-expiry',
    effects: ['edge-hub-certificate-expiry', 'edge-hub-round-trip'],
    says: /expire|certificate/i,
  },
  { cause: 'edge-hub-certificate-expiry', effects: ['edge-hub-round-trip'], says: /certificate/i, onlyError: true },
  // The same certificate, once by its use and once by being preloaded.
  ...certificateUses.map((cause): Rule => ({ cause, effects: ['certs-preloaded'], same: certificateNames })),
  { cause: 'certs-preloaded', effects: ['certs-read'] },
  {
    cause: 'host-local-time',
    effects: [...certificateUses, 'edge-hub-certificate-expiry', 'certs-preloaded'],
    says: /in the future/,
  },
  { cause: 'memory-pressure', effects: ['module-restarts'], says: /exit code 137/ },
  { cause: 'port-conflicts', effects: ['module-restarts'], says: /could not be started|does not run/ },
  { cause: 'module-restarts', effects: ['edge-hub-round-trip'] },
  ...dials.map((cause): Rule => ({ cause, effects: ['edge-hub-queue', 'edge-hub-round-trip'] })),
  { cause: 'dns-consistency', effects: ['storage-target'], says: /ENOTFOUND|EAI_AGAIN/ },
  { cause: 'tls-inspection', effects: ['storage-target'], says: /certificate/ },
  { cause: 'host-local-time', effects: ['storage-target'], says: /expired|not valid before|AuthenticationFailed/ },
  // Lists of what is newest hold no line that is serviced no longer.
  {
    cause: 'software-out-of-service',
    effects: ['aziot-edge-version', 'aziot-version'],
    says: /could not find .* in list of supported products/,
  },
  // What logs say of it, in a bundle.
  { cause: 'disk-space', effects: ['log-disk-full'] },
  { cause: 'container-log-size', effects: ['log-disk-full'] },
  { cause: 'memory-pressure', effects: ['log-out-of-memory'] },
  { cause: 'module-restarts', effects: ['log-before-exit', 'log-unhandled-exception'] },
  { cause: 'port-conflicts', effects: ['log-port-in-use'] },
  { cause: 'dns-consistency', effects: ['log-name-not-resolved'] },
  { cause: 'tls-inspection', effects: ['log-certificate-not-trusted'] },
  { cause: 'clock-jump', effects: ['log-clock'] },
  ...['host-local-time', ...certificateUses, 'edge-hub-certificate-expiry'].map(
    (cause): Rule => ({ cause, effects: ['log-certificate-expired'] }),
  ),
  ...dials.map((cause): Rule => ({ cause, effects: ['log-cloud-connection-failed', 'log-agent-timeout'] })),
];

/** Tells causes from effects among the complaints of a run. */
export function diagnose(results: readonly CheckResult[]): Diagnosis {
  const complaints = new Map(results.filter(isComplaint).map((result) => [result.id, result]));
  const causedBy = new Map<string, readonly string[]>();
  for (const effect of complaints.values()) {
    const causes = rules.filter((rule) => applies(rule, complaints.get(rule.cause), effect)).map(({ cause }) => cause);
    if (causes.length > 0) causedBy.set(effect.id, causes);
  }
  const follows = (id: string, from: string): boolean =>
    (causedBy.get(id) ?? []).some((cause) => cause === from || follows(cause, from));
  const rootCauses = [...complaints.values()]
    .filter(({ id }) => !causedBy.has(id))
    .map(({ id, outcome, details, advice = '' }) => ({
      check: id,
      outcome: outcome === 'error' ? ('error' as const) : ('warning' as const),
      summary: details[0]?.split('\n')[0] ?? '',
      advice,
      explains: [...complaints.keys()].filter((other) => follows(other, id)),
    }));
  const weight = ({ outcome }: RootCause) => (outcome === 'error' ? 0 : 1);
  return { causedBy, rootCauses: rootCauses.toSorted((a, b) => weight(a) - weight(b)) };
}

function applies(
  { effects, says, same, onlyError }: Rule,
  cause: CheckResult | undefined,
  effect: CheckResult,
): boolean {
  if (cause === undefined || !effects.includes(effect.id)) return false;
  if (onlyError && cause.outcome !== 'error') return false;
  if (same && !isWithin(namesIn(effect, same), namesIn(cause, same))) return false;
  return says === undefined || effect.details.some((text) => says.test(text));
}

const namesIn = ({ details }: CheckResult, names: RegExp) => new Set(details.join('\n').match(names));

/** Whether there are some, and all are among the others. */
const isWithin = (some: ReadonlySet<string>, others: ReadonlySet<string>) =>
  some.size > 0 && [...some].every((one) => others.has(one));

function isComplaint({ outcome }: CheckResult): boolean {
  return outcome === 'warning' || outcome === 'error';
}
