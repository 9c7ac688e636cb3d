import type { Daemon } from '../facts/daemon-config.ts';
import type { Reading } from '../facts/fact.ts';
import type { HostCertificatesReading } from '../facts/host-certificates.ts';
import type { HostSocketsReading } from '../facts/host-sockets.ts';
import { type Complaint, certificateInfo, judgeCertificate } from './certificate-expiry.ts';
import { skippedFor, type Verdict } from './check.ts';

/** A certificate to judge, by what it is called in messages. */
export interface Used {
  readonly name: string;
  readonly id: string | undefined;
  /** Under which key of `additional_info` it is told. */
  readonly key: string;
}

const fix =
  'Renew the certificate that is named: one that is preloaded by putting a new file in its place (readable by aziotcs), ' +
  "one that certd issues by removing its file below /var/lib/aziot/certd/certs and 'sudo iotedge system restart'. See that " +
  "the device's clock is right.";

/** Skipped when the configuration of one of these daemons could not be read, as the original does. */
export function unread(reading: HostCertificatesReading, daemons: readonly Daemon[]): Verdict | undefined {
  const daemon = daemons.find((one) => reading.unread.includes(one));
  return daemon === undefined
    ? undefined
    : { status: 'skipped', reason: 'previous-failure', why: `${daemon}'s configuration is not well-formed.` };
}

/** Judges the certificates that are used for a purpose. */
export function judgeUsed(
  hostCertificates: Reading<HostCertificatesReading>,
  uses: readonly Used[],
  now: Date,
  info: Readonly<Record<string, unknown>> = {},
): Verdict {
  if ('unavailable' in hostCertificates) return skippedFor(hostCertificates);
  const { certificates } = hostCertificates.value;
  const complaints: Complaint[] = [];
  const told: Record<string, unknown> = { ...info };
  const elsewhere: string[] = [];
  for (const { name, id, key } of uses) {
    const certificate = id === undefined ? undefined : certificates[id];
    if (id === undefined || certificate === undefined) continue;
    told[key] = certificateInfo(name, id, certificate);
    const complaint = judgeCertificate(name, id, certificate, now);
    if (complaint) complaints.push(complaint);
    if (certificate.state === 'elsewhere') elsewhere.push(certificate.path ?? '');
  }
  return verdictOf(complaints, elsewhere, told);
}

/** The verdict that follows: an error before a warning, and never ok where something was not looked at. */
export function verdictOf(
  complaints: readonly Complaint[],
  elsewhere: readonly string[],
  info: Readonly<Record<string, unknown>>,
): Verdict {
  if (complaints.length > 0) {
    const status = complaints.some(({ severity }) => severity === 'failed') ? 'failed' : 'warning';
    return { status, details: complaints.flatMap(({ details }) => details), fix, info };
  }
  if (elsewhere.length === 0) return { status: 'ok', info };
  const why = `It is not looked at where certificates lie elsewhere than usual: ${elsewhere.join(', ')}.`;
  return { status: 'skipped', reason: 'mount-missing', why, info };
}

/** Skipped when a daemon's socket does not listen, as far as that could be seen. */
export function isStopped(daemon: Daemon, sockets: HostSocketsReading | undefined): Verdict | undefined {
  if (sockets === undefined || sockets.unix.includes(`/run/aziot/${daemon}.sock`)) return undefined;
  return { status: 'skipped', reason: 'previous-failure', why: `${daemon} is not running.` };
}
