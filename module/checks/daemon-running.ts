import type { Daemon } from '../facts/daemon-config.ts';
import { type Reading, valueOf } from '../facts/fact.ts';
import type { HostSocketsReading } from '../facts/host-sockets.ts';
import type { WorkloadReading } from '../facts/workload.ts';
import { skippedFor, type Verdict } from './check.ts';

/**
 * Judges whether a daemon's socket listens. The original connects to it, which makes systemd start a daemon that is
 * stopped; here the kernel's list is read, so nothing is started. Either way ok means that systemd or the daemon
 * listens, not that it is healthy.
 */
export function judgeDaemon(daemon: Daemon, sockets: Reading<HostSocketsReading>, witness?: Witness): Verdict {
  if ('unavailable' in sockets) {
    if (witness === undefined) return skippedFor(sockets);
    return { status: 'ok', info: { indirect: witness, not_seen: sockets.why } };
  }
  const path = socketOf(daemon);
  const info = { socket: path, listening: sockets.value.unix.includes(path) };
  if (info.listening) return { status: 'ok', info };
  return {
    status: 'failed',
    details: [`Could not connect to ${daemon} on unix://${path}`, `Nothing listens on ${path}.`],
    fix:
      `See on the device with 'systemctl status aziot-${daemon}.socket aziot-${daemon}.service' why; ` +
      `'systemctl start aziot-${daemon}.socket' lets it answer again.`,
    info,
  };
}

/** What else shows that a daemon answers, in a sentence. */
type Witness = string | undefined;

/** keyd and identityd have a part in every signature of the workload API. */
export function signatureWitness(workload: Reading<WorkloadReading>): Witness {
  return valueOf(workload)?.signed
    ? 'The workload API signed for this module, which takes identityd and keyd.'
    : undefined;
}

/** certd has the trust bundle. */
export function trustBundleWitness(workload: Reading<WorkloadReading>): Witness {
  return valueOf(workload)?.trustBundle ? 'The workload API gave the trust bundle, which certd keeps.' : undefined;
}

/** Where a daemon of the identity service listens. */
const socketOf = (daemon: Daemon) => `/run/aziot/${daemon}.sock`;
