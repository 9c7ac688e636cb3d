import type { DialReading } from '../facts/dial.ts';
import { describeRewriting, type Rewriting } from './rewriting.ts';

/** What a person needs to know to mend a dial that failed. */
export interface Trouble {
  readonly dial: DialReading;
  /** From where it was dialled: `the host`, `containers on the network azure-iot-edge`. */
  readonly from: string;
  /** The user that reads the proxy's setting there, and where roots are added. */
  readonly proxyUsers: string;
  readonly rootsGoTo: string;
  readonly unknownName: boolean;
  readonly rewriting?: Rewriting | undefined;
  /** It works from elsewhere on the device, so nothing outside the device is in the way. */
  readonly worksElsewhere: boolean;
  /** What can be done instead of opening the port. */
  readonly instead?: string;
}

/** The next step, in one or two sentences. */
export function nextStep(trouble: Trouble): string {
  const { dial, from, unknownName, worksElsewhere, instead = '' } = trouble;
  const target = `${dial.host}:${dial.port}`;
  if (dial.tls?.verified === false) return certificateStep(trouble, target);
  if (dial.proxy !== undefined) return proxyStep(trouble, dial.proxy, target);
  if (unknownName) {
    return `Make the name servers that ${from} ask answer for ${dial.host} (see the checks container-engine-dns and dns-consistency).`;
  }
  if (dial.reached === 'nothing' && worksElsewhere) {
    return (
      `Let ${from} go out: the network may be internal, or the host's rules (net.ipv4.ip_forward, the iptables chains ` +
      `FORWARD and DOCKER-USER) drop its packets to ${target}.`
    );
  }
  if (dial.reached === 'nothing') {
    return `Add a firewall rule that allows outgoing TCP from the device to ${target}${instead}.`;
  }
  if (dial.reached === 'tcp') {
    return `Exempt ${target} from filtering in the firewall: something there took the connection and did not speak TLS.`;
  }
  return `See what answers at ${target}: it took the connection and then did not speak HTTPS as expected.`;
}

function certificateStep({ dial, rewriting, rootsGoTo }: Trouble, target: string): string {
  const { problem = '', chain = [], publicRoot } = dial.tls ?? {};
  if (rewriting) {
    return `${describeRewriting(rewriting)} Exempt ${target} from inspection, or add the root of that issuer to ${rootsGoTo}.`;
  }
  if (/EXPIRED|NOT_YET_VALID/.test(problem)) {
    return `Compare the certificate's dates with the device's clock (check host-local-time); if the clock is right, ${dial.host} needs a new certificate.`;
  }
  if (problem === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `Use a name that the certificate has (${chain[0]?.names ?? 'none'}) instead of ${dial.host}, or issue one for that name.`;
  }
  if (publicRoot) {
    return `Update the root certificates in ${rootsGoTo}: the public root of ${dial.host} is missing there.`;
  }
  return `Add the root of the issuer ${chain[0]?.issuer ?? ''} to ${rootsGoTo}, if it is the one expected; otherwise exempt ${target} from TLS inspection.`;
}

function proxyStep({ dial, from, proxyUsers }: Trouble, proxy: string, target: string): string {
  if (dial.proxyStatus === 407) {
    return `Set https_proxy with the user and password that the proxy ${proxy} expects, for ${proxyUsers}.`;
  }
  if (dial.proxyStatus !== undefined) return `Let the proxy ${proxy} allow CONNECT to ${target}.`;
  if (dial.reached === 'nothing') {
    return `Check the address of the proxy ${proxy}, and add a firewall rule that allows ${from} to connect to it.`;
  }
  return `See in the log of the proxy ${proxy} why the connection to ${target} does not get through, and exempt ${target} from inspection.`;
}
